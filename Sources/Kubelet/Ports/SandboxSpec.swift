import KubernetesAPI

/// What a pod's namespaces are to be like.
package struct SandboxSpec: Sendable, Hashable {
  package var uid: String
  package var name: String
  package var namespace: String
  package var hostname: String
  package var qosClass: PodQOSClass
  package var isHostNetwork = false
  package var isHostPID = false
  package var isHostIPC = false
  package var sharesProcessNamespace = false
  /// `hostUsers: false`: a user namespace of the pod's own.
  package var hasOwnUsers = false
  package var sysctls: [String: String] = [:]
  package var resources = ResourceSpec()
  package var labels: [String: String] = [:]

  package init(uid: String, name: String, namespace: String, hostname: String, qosClass: PodQOSClass) {
    self.uid = uid
    self.name = name
    self.namespace = namespace
    self.hostname = hostname
    self.qosClass = qosClass
  }
}

/// cgroup values; nil where nothing is asked for.
package struct ResourceSpec: Sendable, Hashable {
  /// In the old scale of 1024 for one processor (`cpu.shares`).
  package var cpuShares: Int?
  /// Microseconds of processor time in each period of `cpuPeriodMicroseconds`.
  package var cpuQuotaMicroseconds: Int?
  package var cpuPeriodMicroseconds = 100_000
  package var memoryLimitBytes: Int?
  /// Feature MemoryQoS: where the kernel begins to slow the group down.
  package var memoryHighBytes: Int?
  /// Feature MemoryQoS: what the kernel leaves to the group in any case.
  package var memoryMinimumBytes: Int?
  package var pidsLimit: Int?
  /// By size in the kernel's spelling (`2MB`).
  package var hugePageLimitsBytes: [String: Int] = [:]
  package var oomScoreAdjust: Int?

  package init() {}

  package var hasLimit: Bool { cpuQuotaMicroseconds != nil || memoryLimitBytes != nil }
}
