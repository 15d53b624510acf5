import Glibc
import LinuxSystem
import Synchronization

/// Names and limits of the cgroups of pods and containers, as the kubelet's cgroupfs driver lays them out:
/// `kubepods/pod<uid>`, `kubepods/burstable/pod<uid>`, `kubepods/besteffort/pod<uid>`, and a group per container.
package struct PodCgroups: Sendable {
  package let fileSystem: CgroupFileSystem
  package let parent: String

  /// Parents that hand down every usable controller, with what arrives at their children.
  private let parents = Parents()

  private final class Parents: Sendable {
    let handedDown = Mutex<[String: [String]]>([:])
  }

  private static let controllers = ["cpu", "memory", "pids", "io", "hugetlb"]

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
    let available = try make(group)
    try apply(Self.settings(resources, isContainer: isContainer), to: group, available)
    return Self.unenforced(resources, available: available)
  }

  /// - Returns: the controllers that the group has.
  private func make(_ group: Cgroup) throws(SystemCallError) -> [String] {
    let parent = group.parent.path
    if let available = parents.handedDown.withLock({ $0[parent] }) {
      do {
        try group.make()
        return available
      } catch {
        // Somebody has removed the parent: it is made again with all above it.
        guard error.errno == ENOENT else { throw error }
        forget(group.parent)
      }
    }
    if !makeBelowNewParent(group) {
      try group.create(below: fileSystem.mountPoint, controllers: usableControllers)
    }
    let available = try group.availableControllers()
    // What is held elsewhere now may come free.
    if usableControllers.allSatisfy(available.contains) { parents.handedDown.withLock { $0[parent] = available } }
    return available
  }

  /// The first group of a pod's own: only the pod's group is yet to hand down what arrives there.
  ///
  /// - Returns: false when it cannot be made so, and has to be made with all above it.
  private func makeBelowNewParent(_ group: Cgroup) -> Bool {
    let (parent, grandparent) = (group.parent, group.parent.parent.path)
    guard parents.handedDown.withLock({ $0[grandparent] != nil }) else { return false }
    parent.handDown(usableControllers)
    return (try? group.make()) != nil
  }

  /// The group is gone, or is about to go.
  func forget(_ group: Cgroup) { parents.handedDown.withLock { $0[group.path] = nil } }

  private func apply(_ settings: [Setting], to group: Cgroup, _ available: [String]) throws(SystemCallError) {
    for setting in settings where available.contains(setting.controller) {
      // The kernel lacks the file where it was built without that kind (a huge page size that came later).
      guard setting.controller != "hugetlb" || FileTree.exists("\(group.path)/\(setting.file)") else { continue }
      try group.write(setting.value, to: setting.file)
    }
  }

  private var usableControllers: [String] { Self.controllers.filter(fileSystem.controllers.contains) }

  package struct Setting: Sendable, Equatable {
    package var controller: String
    package var file: String
    package var value: String
  }

  /// The files of cgroup v2 that express the resources.
  package static func settings(_ resources: ContainerResources, isContainer: Bool) -> [Setting] {
    cpuSettings(resources) + memorySettings(resources, isContainer: isContainer) + pidsSettings(resources)
      + hugePageSettings(resources)
  }

  private static func cpuSettings(_ resources: ContainerResources) -> [Setting] {
    let weight = resources.cpuShares.map {
      Setting(controller: "cpu", file: "cpu.weight", value: "\(self.weight(shares: $0))")
    }
    let maximum = resources.cpuQuotaMicroseconds.map { quota in
      Setting(
        controller: "cpu", file: "cpu.max",
        value: "\(quota < 0 ? "max" : "\(quota)") \(resources.cpuPeriodMicroseconds)")
    }
    return [weight, maximum].compactMap(\.self)
  }

  private static func memorySettings(_ resources: ContainerResources, isContainer: Bool) -> [Setting] {
    let bounds = [
      ("memory.min", resources.memoryMinimumBytes), ("memory.high", resources.memoryHighBytes),
      ("memory.max", resources.memoryLimitBytes),
    ]
    let settings = bounds.compactMap { file, bytes in
      bytes.map { Setting(controller: "memory", file: file, value: "\($0)") }
    }
    // One process killed and the rest left waiting for it helps nobody: the kubelet asks for it since 1.28, with a
    // limit of the container's own or without, since a pod's or the machine's may be hit too.
    return settings + (isContainer ? [Setting(controller: "memory", file: "memory.oom.group", value: "1")] : [])
  }

  private static func pidsSettings(_ resources: ContainerResources) -> [Setting] {
    guard let pids = resources.pidsLimit, pids > 0 else { return [] }
    return [Setting(controller: "pids", file: "pids.max", value: "\(pids)")]
  }

  private static func hugePageSettings(_ resources: ContainerResources) -> [Setting] {
    resources.hugePageLimitsBytes.sorted { $0.key < $1.key }.map { size, bytes in
      Setting(controller: "hugetlb", file: "hugetlb.\(size).max", value: "\(bytes)")
    }
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
    if resources.hugePageLimitsBytes.values.contains(where: { $0 > 0 }) && !available.contains("hugetlb") {
      limits.append("hugepages")
    }
    return limits
  }
}
