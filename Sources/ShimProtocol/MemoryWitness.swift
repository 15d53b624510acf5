import LinuxSystem

/// Tells a death for want of memory from other kills, and the level that was hit, by counters of the cgroup tree.
///
/// The kernel counts `oom_kill` where the victim lives, and `oom` in `memory.events.local` (Linux 5.2) of the group that
/// was at its limit. Groups above the container outlive it, so what they had counted before is kept.
package struct MemoryWitness: Sendable {
  private static let podLevel = 1

  private let container: Cgroup
  /// From the container up to the group below the mount that counts memory, and what each had counted at first.
  private let levels: [(group: Cgroup, limitHits: Int)]

  /// Reads the counters. Without a memory controller there are none, and the verdict is that nothing was killed.
  package init(_ container: Cgroup) {
    self.container = container
    var levels: [(Cgroup, Int)] = []
    var path = Substring(container.path)
    while let hits = Self.limitHits(Cgroup(path: String(path))), let slash = path.lastIndex(of: "/") {
      levels.append((Cgroup(path: String(path)), hits))
      path = path[..<slash]
    }
    self.levels = levels
  }

  /// What has happened since.
  package func verdict() -> MemoryKill {
    // Nothing was counted before: each start of a container has a group of its own.
    let kills = container.value("oom_kill", in: "memory.events") ?? 0
    guard kills > 0 else { return MemoryKill() }
    for (index, level) in levels.enumerated() {
      let hits = (Self.limitHits(level.group) ?? 0) - level.limitHits
      guard hits > 0 else { continue }
      let limit = level.group.number(in: "memory.max") ?? 0
      return MemoryKill(
        level: Self.level(index), kills: UInt64(kills), limitBytes: UInt64(limit), limitHits: UInt64(hits))
    }
    return MemoryKill(level: .machine, kills: UInt64(kills))
  }

  private static func level(_ index: Int) -> MemoryKill.Level {
    switch index {
    case 0: .container
    case podLevel: .pod
    default: .allPods
    }
  }

  private static func limitHits(_ group: Cgroup) -> Int? { group.value("oom", in: "memory.events.local") }
}
