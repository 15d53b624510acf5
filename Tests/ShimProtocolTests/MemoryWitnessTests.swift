import LinuxSystem
import Testing

@testable import ShimProtocol

/// Over directories that stand for cgroups: the counters are the kernel's, what they mean is ours.
@Suite struct MemoryWitnessTests {
  private static let levels = ["kubepods", "kubepods/burstable", "kubepods/burstable/podu", "kubepods/burstable/podu/c"]

  private func withTree(_ body: (_ root: String, _ container: Cgroup) throws -> Void) throws {
    let root = "/tmp/swiftlet-witness-\(UInt32.random(in: 0...UInt32.max))"
    defer { try? FileTree.remove(root) }
    for level in Self.levels {
      try FileTree.makeDirectories("\(root)/\(level)")
      try FileTree.write("low 0\nmax 9\noom 7\noom_kill 0\n", to: "\(root)/\(level)/memory.events.local", create: true)
      try FileTree.write("max\n", to: "\(root)/\(level)/memory.max", create: true)
    }
    let container = Cgroup(path: "\(root)/\(Self.levels[3])")
    try FileTree.write("oom 7\noom_kill 0\n", to: "\(container.path)/memory.events", create: true)
    try body(root, container)
  }

  @Test func nothingWasKilled() throws {
    try withTree { _, container in #expect(MemoryWitness(container).verdict() == MemoryKill()) }
  }

  @Test(arguments: [
    (3, MemoryKill.Level.container), (2, .pod), (1, .allPods), (0, .allPods), (-1, .machine),
  ])
  func tellsTheLevelThatWasHit(hit: Int, level: MemoryKill.Level) throws {
    try withTree { root, container in
      let witness = MemoryWitness(container)
      try FileTree.write("oom 8\noom_kill 2\n", to: "\(container.path)/memory.events", create: true)
      if hit >= 0 {
        try FileTree.write("oom 10\n", to: "\(root)/\(Self.levels[hit])/memory.events.local", create: true)
        try FileTree.write("4096\n", to: "\(root)/\(Self.levels[hit])/memory.max", create: true)
      }
      let found = hit >= 0
      #expect(
        witness.verdict()
          == MemoryKill(level: level, kills: 2, limitBytes: found ? 4096 : 0, limitHits: found ? 3 : 0))
    }
  }

  @Test func saysNothingWithoutCounters() {
    let nowhere = Cgroup(path: "/tmp/swiftlet-no-such-group")
    #expect(MemoryWitness(nowhere).verdict() == MemoryKill())
  }
}
