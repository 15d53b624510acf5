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
    #expect(PodCgroups.settings(ContainerResources(cpuQuotaMicroseconds: -1), isContainer: false).map(\.value) == ["max 100000"])
    #expect(PodCgroups.settings(ContainerResources(), isContainer: false) == [])
    #expect(PodCgroups.settings(ContainerResources(), isContainer: true).map(\.file) == ["memory.oom.group"])
  }

  @Test func memoryAndHugePageBoundsBecomeFiles() {
    var resources = ContainerResources(memoryLimitBytes: 300)
    resources.memoryMinimumBytes = 100
    resources.memoryHighBytes = 200
    resources.hugePageLimitsBytes = ["2MB": 4 << 20, "1GB": 0]
    #expect(
      PodCgroups.settings(resources, isContainer: false).map { "\($0.file)=\($0.value)" } == [
        "memory.min=100", "memory.high=200", "memory.max=300", "hugetlb.1GB.max=0", "hugetlb.2MB.max=4194304",
      ])
    #expect(PodCgroups.unenforced(resources, available: ["memory"]) == ["hugepages"])
  }

  /// Over a directory that stands for the mount: the kernel's part is to make the files.
  @Test func controllersAreHandedDownThroughGroupsThatAreThere() throws {
    let mount = "/tmp/swiftlet-cgroups-\(UInt32.random(in: 0...UInt32.max))"
    defer { try? FileTree.remove(mount) }
    for path in [mount, "\(mount)/kubepods", "\(mount)/kubepods/burstable/podu"] {
      try FileTree.makeDirectories(path)
      for (file, text) in [("cgroup.subtree_control", "cpu"), ("cgroup.controllers", "cpu memory")] {
        try FileTree.write(text, to: "\(path)/\(file)", create: true)
      }
    }
    for file in ["cpu.weight", "memory.max", "memory.oom.group"] {
      try FileTree.write("", to: "\(mount)/kubepods/burstable/podu/\(file)", create: true)
    }
    let groups = PodCgroups(CgroupFileSystem(mountPoint: mount, controllers: ["cpu", "memory"]), parent: "kubepods")
    let group = groups.pod(uid: "u", qosClass: .burstable)
    let unenforced = try groups.create(
      group, ContainerResources(cpuShares: 1024, memoryLimitBytes: 4096, pidsLimit: 5), isContainer: false)
    #expect(unenforced == ["pids"])
    #expect(try group.read("cpu.weight") == "39" && group.read("memory.max") == "4096")
    // What was enabled already is left alone.
    #expect(try FileTree.text("\(mount)/cgroup.subtree_control") == "+memory")
    #expect(try FileTree.text("\(mount)/kubepods/cgroup.subtree_control") == "+memory")
  }

  @Test func aParentThatIsKnownIsNotAskedAgainUntilItIsGone() throws {
    let mount = "/tmp/swiftlet-cgroups-\(UInt32.random(in: 0...UInt32.max))"
    defer { try? FileTree.remove(mount) }
    let groups = PodCgroups(CgroupFileSystem(mountPoint: mount, controllers: ["cpu"]), parent: "kubepods")
    let (first, second) = (groups.pod(uid: "1", qosClass: .guaranteed), groups.pod(uid: "2", qosClass: .guaranteed))
    func stand(for group: Cgroup) throws {
      try FileTree.makeDirectories(group.path)
      for (file, text) in [("cgroup.subtree_control", "cpu"), ("cgroup.controllers", "cpu"), ("cpu.weight", "")] {
        try FileTree.write(text, to: "\(group.path)/\(file)", create: true)
      }
    }
    try stand(for: first)
    #expect(try groups.create(first, ContainerResources(pidsLimit: 1), isContainer: false) == ["pids"])
    // Nothing stands for the second group's files: none is read, since what its parent hands down is known.
    #expect(try groups.create(second, ContainerResources(pidsLimit: 1), isContainer: false) == ["pids"])
    #expect(second.exists)
    // The parent is gone with all below it: made again, and asked again.
    try FileTree.remove(groups.root.path)
    #expect(throws: SystemCallError.self) {
      _ = try groups.create(second, ContainerResources(), isContainer: false)
    }
    #expect(second.exists)
    // And forgotten: its children are asked what they have.
    try FileTree.write("cpu", to: "\(second.path)/cgroup.controllers", create: true)
    #expect(try groups.create(second, ContainerResources(), isContainer: false) == [])
    groups.forget(groups.root)
    #expect(throws: SystemCallError.self) {
      _ = try groups.create(first, ContainerResources(), isContainer: false)
    }
  }

  /// A pod's group is new when its first own group is made; those above it are known.
  @Test func onlyTheNewParentHandsDown() throws {
    let mount = "/tmp/swiftlet-cgroups-\(UInt32.random(in: 0...UInt32.max))"
    defer { try? FileTree.remove(mount) }
    let groups = PodCgroups(CgroupFileSystem(mountPoint: mount, controllers: ["cpu"]), parent: "kubepods")
    let pod = groups.pod(uid: "1", qosClass: .guaranteed)
    func stand(for group: Cgroup) throws {
      try FileTree.makeDirectories(group.path)
      for (file, text) in [("cgroup.subtree_control", ""), ("cgroup.controllers", "cpu")] {
        try FileTree.write(text, to: "\(group.path)/\(file)", create: true)
      }
    }
    for group in [groups.root, pod, pod.child("shim")] { try stand(for: group) }
    _ = try groups.create(pod, ContainerResources(), isContainer: false)
    #expect(try groups.root.read("cgroup.subtree_control") == "+cpu")
    try stand(for: groups.root)
    _ = try groups.create(pod.child("shim"), ContainerResources(), isContainer: false)
    #expect(try pod.read("cgroup.subtree_control") == "+cpu")
    #expect(try groups.root.read("cgroup.subtree_control") == "")
    // With the pod's group gone again, all above it is asked.
    groups.forget(pod)
    try FileTree.remove(pod.path)
    #expect(throws: SystemCallError.self) {
      _ = try groups.create(pod.child("shim"), ContainerResources(), isContainer: false)
    }
    #expect(pod.child("shim").exists)
    #expect(try groups.root.read("cgroup.subtree_control") == "+cpu")
  }

  @Test func whatCannotBeEnforcedIsSaid() {
    let resources = ContainerResources(cpuShares: 5, cpuQuotaMicroseconds: 1, memoryLimitBytes: 1, pidsLimit: 1)
    #expect(PodCgroups.unenforced(resources, available: []) == ["cpu", "memory", "pids"])
    #expect(PodCgroups.unenforced(resources, available: ["cpu", "pids"]) == ["memory"])
    #expect(PodCgroups.unenforced(ContainerResources(cpuShares: 5), available: []) == [])
  }

  @Test func liftsLimitsThatAreNotAskedForAnyMore() {
    let none = PodCgroups.updates(ContainerResources(cpuShares: 1024), isContainer: true)
    #expect(none.map { "\($0.file)=\($0.value)" } == ["cpu.weight=39", "memory.oom.group=1", "cpu.max=max 100000", "memory.max=max"])
    let both = PodCgroups.updates(
      ContainerResources(cpuQuotaMicroseconds: 50_000, memoryLimitBytes: 4096), isContainer: false)
    #expect(both.map { "\($0.file)=\($0.value)" } == ["cpu.max=50000 100000", "memory.max=4096"])
  }
}
