import LinuxSystem
import Testing

@testable import ContainerRuntime

@Suite struct PodCgroupsTests {
  private let groups = PodCgroups(CgroupFileSystem(mountPoint: "/cg", controllers: []), parent: "kubepods")

  @Test(arguments: [
    (PodQoSClass.guaranteed, "/cg/kubepods/podu"), (.burstable, "/cg/kubepods/burstable/podu"),
    (.bestEffort, "/cg/kubepods/besteffort/podu"),
  ])
  func podsLieInTheirClass(qosClass: PodQoSClass, path: String) {
    #expect(groups.pod(uid: "u", qosClass: qosClass).path == path)
  }

  @Test(arguments: [(0, 1), (2, 1), (100, 4), (102, 4), (512, 20), (1024, 39), (262_144, 10000), (999_999, 10000)])
  func sharesBecomeWeight(shares: Int, weight: Int) {
    #expect(PodCgroups.weight(shares: shares) == weight)
  }

  @Test func resourcesBecomeFiles() {
    let resources = ContainerResources(
      cpuShares: 1024, cpuQuotaMicroseconds: 50_000, memoryLimitBytes: 1 << 20, pidsLimit: 64)
    #expect(
      PodCgroups.settings(resources, isContainer: true) == [
        PodCgroups.Setting(controller: "cpu", file: "cpu.weight", value: "39"),
        PodCgroups.Setting(controller: "cpu", file: "cpu.max", value: "50000 100000"),
        PodCgroups.Setting(controller: "memory", file: "memory.max", value: "1048576"),
        PodCgroups.Setting(controller: "memory", file: "memory.oom.group", value: "1"),
        PodCgroups.Setting(controller: "pids", file: "pids.max", value: "64"),
      ])
    #expect(PodCgroups.settings(resources, isContainer: false).count == 4)
    #expect(PodCgroups.settings(ContainerResources(cpuQuotaMicroseconds: -1), isContainer: true).map(\.value) == ["max 100000"])
    #expect(PodCgroups.settings(ContainerResources(), isContainer: true) == [])
  }

  @Test func whatCannotBeEnforcedIsSaid() {
    let resources = ContainerResources(cpuShares: 5, cpuQuotaMicroseconds: 1, memoryLimitBytes: 1, pidsLimit: 1)
    #expect(PodCgroups.unenforced(resources, available: []) == ["cpu", "memory", "pids"])
    #expect(PodCgroups.unenforced(resources, available: ["cpu", "pids"]) == ["memory"])
    #expect(PodCgroups.unenforced(ContainerResources(cpuShares: 5), available: []) == [])
  }
}
