/// Where a runtime keeps its things; several runtimes on one machine need different values in every field.
package struct RuntimePaths: Sendable, Equatable {
  /// Sockets and locks of spawner and shims, such as `/run/swiftlet`; a path short enough for a socket's 107 bytes.
  package var stateDirectory: String
  /// Those in the state directory that lose their meaning with a reboot: sockets of shims, places of mounts.
  static let volatileDirectories = ["shims", "shm"]
  /// Writable layers of containers, such as `/var/lib/swiftlet/containers`.
  package var containerDirectory: String
  /// The group below the cgroup2 mount that holds every pod, such as `kubepods`.
  package var cgroupParent: String
  /// The `swiftlet-shim` program.
  package var shimExecutable: String

  package init(
    stateDirectory: String, containerDirectory: String, cgroupParent: String = "kubepods", shimExecutable: String
  ) {
    self.stateDirectory = stateDirectory
    self.containerDirectory = containerDirectory
    self.cgroupParent = cgroupParent
    self.shimExecutable = shimExecutable
  }
}

/// The pod's place in the cgroup tree, as the kubelet's quality of service classes.
package enum PodQoSClass: String, Sendable {
  case guaranteed = "Guaranteed"
  case burstable = "Burstable"
  case bestEffort = "BestEffort"
}

/// What the containers of a pod share.
package struct PodSandboxConfig: Sendable, Equatable {
  package var uid: String
  package var name: String
  package var namespace: String
  /// Empty: the machine's own.
  package var hostname: String
  /// How often the pod's sandbox was made before.
  package var attempt: Int
  package var qosClass: PodQoSClass
  package var hostNetwork: Bool
  package var hostPID: Bool
  package var hostIPC: Bool
  package var shareProcessNamespace: Bool
  /// A user namespace of the pod's own (`hostUsers: false`).
  package var hasOwnUsers = false
  /// `net.ipv4.ip_local_port_range` and the like.
  package var sysctls: [String: String]
  /// The pod's own limits: the sum over its containers where every container has one.
  package var resources: ContainerResources
  /// Kept with the sandbox and given back by `pods()`.
  package var labels: [String: String]

  package init(
    uid: String, name: String, namespace: String, hostname: String = "", attempt: Int = 0,
    qosClass: PodQoSClass = .bestEffort, hostNetwork: Bool = false, hostPID: Bool = false, hostIPC: Bool = false,
    shareProcessNamespace: Bool = false, sysctls: [String: String] = [:],
    resources: ContainerResources = ContainerResources(), labels: [String: String] = [:]
  ) {
    self.uid = uid
    self.name = name
    self.namespace = namespace
    self.hostname = hostname
    self.attempt = attempt
    self.qosClass = qosClass
    self.hostNetwork = hostNetwork
    self.hostPID = hostPID
    self.hostIPC = hostIPC
    self.shareProcessNamespace = shareProcessNamespace
    self.sysctls = sysctls
    self.resources = resources
    self.labels = labels
  }
}

/// A sandbox that is there.
package struct SandboxStatus: Sendable, Equatable {
  package var uid: String
  /// The shim's process, in the machine's PID namespace.
  package var shimPID: Int32
  /// For setns(2) and for moving links; `/proc/<shim>/ns/net`. Also there, but the machine's own, with hostNetwork.
  package var networkNamespacePath: String
  /// Nanoseconds since 1970.
  package var createdAt: Int64
  /// Limits that were asked for and that this kernel cannot enforce: `cpu`, `memory`, `pids`.
  package var unenforcedLimits: [String]

  package init(
    uid: String, shimPID: Int32, networkNamespacePath: String, createdAt: Int64, unenforcedLimits: [String] = []
  ) {
    self.uid = uid
    self.shimPID = shimPID
    self.networkNamespacePath = networkNamespacePath
    self.createdAt = createdAt
    self.unenforcedLimits = unenforcedLimits
  }
}

/// A pod as its shim tells it.
package struct RuntimePod: Sendable, Equatable {
  package var uid: String
  package var name: String
  package var namespace: String
  package var attempt: Int
  package var labels: [String: String]
  package var sandbox: SandboxStatus
  /// In the order in which they were started.
  package var containers: [ContainerStatus]

  package init(
    uid: String, name: String, namespace: String, attempt: Int, labels: [String: String], sandbox: SandboxStatus,
    containers: [ContainerStatus]
  ) {
    self.uid = uid
    self.name = name
    self.namespace = namespace
    self.attempt = attempt
    self.labels = labels
    self.sandbox = sandbox
    self.containers = containers
  }
}
