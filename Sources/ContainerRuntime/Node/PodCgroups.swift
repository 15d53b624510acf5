import LinuxSystem

/// Names and limits of the cgroups of pods and containers, as the kubelet's cgroupfs driver lays them out:
/// `kubepods/pod<uid>`, `kubepods/burstable/pod<uid>`, `kubepods/besteffort/pod<uid>`, and a group per container.
package struct PodCgroups: Sendable {
  package let fileSystem: CgroupFileSystem
  package let parent: String

  private static let controllers = ["cpu", "memory", "pids", "io"]

  package init(_ fileSystem: CgroupFileSystem, parent: String) {
    self.fileSystem = fileSystem
    self.parent = parent
  }

  package var root: Cgroup { fileSystem.group(parent) }
  /// Where the spawner lives. Shims live in their pods' groups, so that one kill takes a pod whole.
  package var spawner: Cgroup { root.child("swiftlet-spawner") }

  package func pod(uid: String, qosClass: PodQoSClass) -> Cgroup {
    switch qosClass {
    case .guaranteed: root.child("pod\(uid)")
    case .burstable: root.child("burstable").child("pod\(uid)")
    case .bestEffort: root.child("besteffort").child("pod\(uid)")
    }
  }

  /// Makes the group and sets its limits.
  ///
  /// - Returns: the limits that were asked for and that no controller here enforces.
  package func create(_ group: Cgroup, _ resources: ContainerResources, isContainer: Bool) throws(SystemCallError) -> [String] {
    try group.create(below: fileSystem.mountPoint, controllers: Self.controllers.filter(fileSystem.controllers.contains))
    let available = try group.availableControllers()
    for setting in Self.settings(resources, isContainer: isContainer) where available.contains(setting.controller) {
      try group.write(setting.value, to: setting.file)
    }
    return Self.unenforced(resources, available: available)
  }

  package struct Setting: Sendable, Equatable {
    package var controller: String
    package var file: String
    package var value: String
  }

  /// The files of cgroup v2 that express the resources.
  package static func settings(_ resources: ContainerResources, isContainer: Bool) -> [Setting] {
    var settings: [Setting] = []
    if let shares = resources.cpuShares {
      settings.append(Setting(controller: "cpu", file: "cpu.weight", value: "\(weight(shares: shares))"))
    }
    if let quota = resources.cpuQuotaMicroseconds {
      let limit = quota < 0 ? "max" : "\(quota)"
      settings.append(Setting(controller: "cpu", file: "cpu.max", value: "\(limit) \(resources.cpuPeriodMicroseconds)"))
    }
    if let memory = resources.memoryLimitBytes {
      settings.append(Setting(controller: "memory", file: "memory.max", value: "\(memory)"))
      // One process killed and the rest left waiting for it helps nobody (kubelet since 1.28).
      if isContainer { settings.append(Setting(controller: "memory", file: "memory.oom.group", value: "1")) }
    }
    if let pids = resources.pidsLimit, pids > 0 {
      settings.append(Setting(controller: "pids", file: "pids.max", value: "\(pids)"))
    }
    return settings
  }

  /// 2…262144 shares of v1 onto 1…10000 of v2, as runc and the kubelet map them.
  package static func weight(shares: Int) -> Int {
    1 + (min(max(shares, 2), 262_144) - 2) * 9999 / 262_142
  }

  static func unenforced(_ resources: ContainerResources, available: [String]) -> [String] {
    var limits: [String] = []
    if resources.cpuQuotaMicroseconds != nil && !available.contains("cpu") { limits.append("cpu") }
    if resources.memoryLimitBytes != nil && !available.contains("memory") { limits.append("memory") }
    if resources.pidsLimit != nil && !available.contains("pids") { limits.append("pids") }
    return limits
  }
}
