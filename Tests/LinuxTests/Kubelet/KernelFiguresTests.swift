import Glibc
import KubernetesAPI
import LinuxSystem
import Testing

@testable import Kubelet

/// Figures and events of a real cgroup. Needs root.
@Suite(.enabled(if: geteuid() == 0, "making a cgroup needs root")) struct KernelFiguresTests {
  private func withGroup(_ body: (Cgroup, CgroupFileSystem) throws -> Void) throws {
    let hierarchy = try CgroupFileSystem.find()
    let group = hierarchy.group("swiftlet-figures-\(getpid())-\(UInt32.random(in: 0...UInt32.max))")
    try group.create(below: hierarchy.mountPoint, controllers: hierarchy.controllers)
    do { try body(group, hierarchy) } catch {
      try group.remove()
      throw error
    }
    try group.remove()
  }

  @Test func whatAGroupHasUsedIsRead() throws {
    try withGroup { group, hierarchy in
      let before = GroupReading(group)
      let script = "echo $$ > \(group.path)/cgroup.procs; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"
      let pipe = try #require(popen(script, "r"))
      #expect(pclose(pipe) == 0)
      let reading = GroupReading(group)
      #expect(before.cpu?.usageMicroseconds == 0 && (reading.cpu?.usageMicroseconds ?? 0) > 0)
      #expect(reading.processes == 0)
      // Memory is told where the kernel counts it, and only there.
      #expect((reading.memory != nil) == hierarchy.controllers.contains("memory"))
    }
  }

  @Test func theKernelIsAskedToTellOfPressure() throws {
    try withGroup { group, _ in
      let loop = try EventLoopThread(name: "test-pressure")
      defer { loop.stop() }
      let watch = PressureWatch(loop: loop, group: group) {}
      #expect(watch.complaints.isEmpty)
      let nowhere = PressureWatch(loop: loop, group: Cgroup(path: "/no/such/group")) {}
      #expect(nowhere.complaints.count == 1)
      #expect(nowhere.complaints.first?.contains("/no/such/group/memory.pressure: no such file or directory") == true)
    }
  }

  @Test func aRoundTellsOfThisMachine() throws {
    try withGroup { group, hierarchy in
      var configuration = KubeletConfiguration(nodeName: "n", nodeIP: "")
      configuration.rootDirectory = "/tmp"
      configuration.statistics.mount = Cgroup(path: hierarchy.mountPoint)
      configuration.statistics.parent = String(group.path.dropFirst(hierarchy.mountPoint.count + 1))
      let reading = StatisticsReader(configuration, .read(storagePath: "/tmp")).read([], network: [:], withDisk: true)
      #expect((reading.root.cpu?.usageMicroseconds ?? 0) > 0 && reading.allPods.cpu?.usageMicroseconds == 0)
      #expect(reading.complaints.isEmpty && reading.nodeFileSystem.capacityBytes > 0)
      #expect(!reading.interfaces.isEmpty && !reading.bootID.isEmpty)
    }
  }
}
