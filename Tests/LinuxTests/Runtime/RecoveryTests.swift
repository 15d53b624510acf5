import Glibc
import LinuxSystem
import Testing

@testable import ContainerRuntime

extension LinuxRuntime {
  @Suite struct Recovery {
    @Test func aNewAgentFindsEverythingAsItIs() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod {
          $0.labels = ["app": "web"]
          $0.attempt = 1
        }
        let lasting = try await fixture.runtime.startContainer(fixture.container(["sleep", "1000"], name: "lasting"))
        let before = try await fixture.runtime.pods()
        // The agent goes; one container ends while it is away.
        fixture.runtime.shutdown()
        kill(lasting.pid, SIGTERM)
        kill(lasting.pid, SIGKILL)
        let again = try await ContainerRuntime(paths: fixture.paths)
        let events = again.events()
        let pods = try await again.pods()
        #expect(pods.map(\.sandbox) == before.map(\.sandbox))
        #expect(pods.first?.name == "web")
        #expect(pods.first?.namespace == "default")
        #expect(pods.first?.labels["app"] == "web")
        #expect(pods.first?.attempt == 1)
        let exit: ExitInfo
        if let known = pods.first?.containers.first?.exit {
          exit = known
        } else {
          exit = try await fixture.exitOf(lasting.id, events)
        }
        #expect(exit.code == 137)
        #expect(exit.signal == SIGKILL)
        // And it is in full command.
        let second = try await again.startContainer(fixture.container(["sleep", "1000"], name: "second"))
        #expect(try await again.exec(containerID: second.id, ["true"], timeoutSeconds: 5).exitCode == 0)
        try await again.stopSandbox(uid: "uid-1")
        #expect(try await again.orphans() == [])
        try await again.stopSpawner()
        again.shutdown()
      }
    }

    @Test func podsThatBeginTogetherAreAllFoundAgain() async throws {
      try await RuntimeFixture.with { fixture in
        let names = (0..<8).map { "uid-\($0)" }
        try await withThrowingTaskGroup { group in
          for name in names { group.addTask { _ = try await fixture.startPod(name) } }
          try await group.waitForAll()
        }
        // Their sockets lie in memory, also where the state directory is on a disk, and in one place.
        let sockets = "\(fixture.paths.stateDirectory)/shims"
        #expect(FileSystemName.of(try Descriptor.open(sockets, O_RDONLY | O_DIRECTORY)) == "tmpfs")
        #expect(try MountInfo.current().count { $0.mountPoint == sockets } <= 1)
        fixture.runtime.shutdown()
        let again = try await ContainerRuntime(paths: fixture.paths)
        #expect(try await again.pods().map(\.uid).sorted() == names)
        again.shutdown()
      }
    }

    @Test func theSpawnersDeathHurtsNobody() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod("uid-1")
        let container = try await fixture.runtime.startContainer(fixture.container(["sleep", "1000"]))
        try await fixture.runtime.stopSpawner()
        #expect(try await fixture.runtime.exec(containerID: container.id, ["true"], timeoutSeconds: 5).exitCode == 0)
        _ = try await fixture.startPod("uid-2")
        #expect(try await fixture.runtime.pods().count == 2)
      }
    }

    @Test func aKilledShimTakesItsPodAndNothingElse() async throws {
      try await RuntimeFixture.with { fixture in
        let mounts = try fixture.mountPoints().count
        let victim = try await fixture.startPod("uid-1")
        _ = try await fixture.startPod("uid-2")
        let lost = try await fixture.runtime.startContainer(
          fixture.shell("sleep 1000 & sleep 1000") { $0.user = ContainerUser(name: "app") })
        let other = try await fixture.runtime.startContainer(
          fixture.container(["sleep", "1000"], name: "other", pod: "uid-2"))
        let process = try Descriptor(pidfdOf: lost.pid)
        let events = fixture.runtime.events()
        kill(victim.shimPID, SIGKILL)
        var death: RuntimeEvent?
        for await event in events {
          death = event
          break
        }
        guard case .sandboxDied("uid-1", _) = death else { throw RuntimeError(.notFound, "no death but \(String(describing: death))") }
        #expect(try await fixture.runtime.pods().map(\.uid) == ["uid-2"])
        try await fixture.runtime.stopSandbox(uid: "uid-1")
        #expect(try process.waitReadable(timeoutMilliseconds: 0))
        #expect(try await fixture.runtime.orphans() == [])
        #expect(try fixture.mountPoints().count == mounts + 1)
        #expect(try await fixture.runtime.exec(containerID: other.id, ["true"], timeoutSeconds: 5).exitCode == 0)
        #expect(try await fixture.startPod("uid-1").shimPID != victim.shimPID)
      }
    }

    @Test func whatDiedWithoutWitnessIsFoundAndRemoved() async throws {
      try await RuntimeFixture.with { fixture in
        let victim = try await fixture.startPod()
        let container = try await fixture.runtime.startContainer(fixture.container(["sleep", "1000"]))
        let process = try Descriptor(pidfdOf: container.pid)
        fixture.runtime.shutdown()
        kill(victim.shimPID, SIGKILL)
        // Without an agent the kernel ends the container.
        #expect(try process.waitReadable(timeoutMilliseconds: 5000))
        let again = try await ContainerRuntime(paths: fixture.paths)
        #expect(try await again.pods() == [])
        #expect(Set(try await again.orphans().map(\.kind)) == [.cgroup, .socket, .mount, .directory])
        #expect(try await again.repair().isEmpty == false)
        #expect(try await again.orphans() == [])
        try await again.stopSpawner()
        again.shutdown()
      }
    }

    @Test func aShimThatDoesNotAnswerHoldsUpNobody() async throws {
      try await RuntimeFixture.with { fixture in
        let hung = try await fixture.startPod("uid-1")
        _ = try await fixture.startPod("uid-2")
        let process = try Descriptor(pidfdOf: hung.shimPID)
        fixture.runtime.shutdown()
        kill(hung.shimPID, SIGSTOP)
        let again = try await ContainerRuntime(paths: fixture.paths)
        #expect(try await again.pods().map(\.uid) == ["uid-2"])
        #expect(try await again.orphans().contains { $0.podUID == "uid-1" })
        // What does not answer is replaced, not waited for.
        try await again.stopSandbox(uid: "uid-1")
        #expect(try process.waitReadable(timeoutMilliseconds: 0))
        #expect(try await again.orphans() == [])
        try await again.stopSpawner()
        again.shutdown()
      }
    }

    @Test func tearDownLeavesAnEmptyMachine() async throws {
      try await RuntimeFixture.with { fixture in
        let mounts = try MountInfo.current().count
        _ = try await fixture.startPod()
        _ = try await fixture.runtime.startContainer(fixture.container(["sleep", "1000"]))
        try await fixture.runtime.tearDown()
        #expect(try MountInfo.current().count == mounts)
        #expect(!FileTree.exists(try CgroupFileSystem.find().group(fixture.paths.cgroupParent).path))
        #expect(try FileTree.names(in: fixture.paths.stateDirectory) == [])
      }
    }
  }
}
