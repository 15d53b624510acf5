import Glibc
import LinuxSystem
import Testing

@testable import ContainerRuntime

extension LinuxRuntime {
  @Suite struct ContainerLife {
    @Test func runsAProgramAndKeepsItsOutputAndExitCode() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let (exit, log) = try await fixture.run(fixture.shell("echo out; echo err >&2; exit 7"))
        #expect(exit.code == 7)
        #expect(exit.signal == nil)
        #expect(exit.finishedAt >= exit.startedAt)
        #expect(Set(log.split(separator: "\n")) == ["out", "err"])
      }
    }

    /// What a large environment took is given back at the container's end.
    @Test func aShimStaysSmall() async throws {
      try await RuntimeFixture.with { fixture in
        let shim = try await fixture.startPod().shimPID
        _ = try await fixture.run(fixture.shell("true"))
        let before = try Self.privateBytes(of: shim)
        let large = (0..<12).map { "LARGE\($0)=" + String(repeating: "x", count: 100 << 10) }
        let (exit, log) = try await fixture.run(fixture.shell("echo ${#LARGE11}") { $0.environment = large })
        #expect(exit.code == 0 && log.hasSuffix("102400"))
        let growth = try Self.privateBytes(of: shim) - before
        #expect(growth < 1 << 20, "\(growth) bytes more than before")
      }
    }

    private static func privateBytes(of pid: Int32) throws -> Int {
      try FileTree.text("/proc/\(pid)/smaps_rollup").split(separator: "\n").reduce(0) { sum, line in
        let fields = line.split(separator: " ")
        guard let name = fields.first, ["Private_Clean:", "Private_Dirty:"].contains(name) else { return sum }
        return sum + (Int(fields[1]) ?? 0) << 10
      }
    }

    @Test func aSignalReachesTheProgramAndIsReported() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let events = fixture.runtime.events()
        let trapping = fixture.shell("trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.01; done")
        let polite = try await fixture.runtime.startContainer(trapping)
        try await fixture.waitForLog(trapping) { $0.contains("ready") }
        try await fixture.runtime.signalContainer(id: polite.id, signal: SIGTERM)
        #expect(try await fixture.exitOf(polite.id, events).code == 3)
        #expect(try fixture.log(trapping).hasSuffix("bye"))

        let stubborn = try await fixture.runtime.startContainer(fixture.container(["sleep", "1000"], name: "stubborn"))
        try await fixture.runtime.killContainer(id: stubborn.id)
        let exit = try await fixture.exitOf(stubborn.id, fixture.runtime.events(), orIn: fixture)
        #expect(exit.code == 137)
        #expect(exit.signal == SIGKILL)
      }
    }

    @Test func joinsTheProcessesOfAnotherContainer() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let target = try await fixture.runtime.startContainer(fixture.container(["sleep", "4321"], name: "target"))
        let (exit, log) = try await fixture.run(
          fixture.shell("cat /proc/1/cmdline | tr '\\0' ' '; echo") { $0.processesOf = target.id })
        #expect(exit.code == 0)
        #expect(log == "sleep 4321 ")
        let joined = try await fixture.runtime.startContainer(
          fixture.container(["sleep", "1000"], name: "joined") { $0.processesOf = target.id })
        let seen = try await fixture.runtime.exec(containerID: joined.id, ["cat", "/proc/1/cmdline"], timeoutSeconds: 60)
        #expect(String(decoding: seen.output, as: UTF8.self) == "sleep\u{0}4321\u{0}")
        // A container of its own has its own processes again.
        let (_, own) = try await fixture.run(
          fixture.container(["/bin/sh", "-c", "cat /proc/1/comm"], name: "own"))
        #expect(own != "sleep")
        let events = fixture.runtime.events()
        try await fixture.runtime.killContainer(id: target.id)
        #expect(try await fixture.exitOf(joined.id, events, orIn: fixture).signal == SIGKILL)
        await #expect(throws: RuntimeError.self) {
          _ = try await fixture.runtime.startContainer(
            fixture.container(["true"], name: "late") { $0.processesOf = target.id })
        }
      }
    }

    @Test func statusTellsPidStateAndAttempt() async throws {
      try await RuntimeFixture.with { fixture in
        let sandbox = try await fixture.startPod { $0.attempt = 2 }
        let status = try await fixture.runtime.startContainer(fixture.container(["sleep", "1000"]) { $0.attempt = 4 })
        #expect(status.isRunning)
        #expect(status.attempt == 4)
        #expect(status.stopSignal == SIGTERM)
        #expect(kill(status.pid, 0) == 0)
        let pods = try await fixture.runtime.pods()
        #expect(pods.map(\.uid) == ["uid-1"])
        #expect(pods.first?.attempt == 2)
        #expect(pods.first?.sandbox == sandbox)
        #expect(pods.first?.containers == [status])
        #expect(FileTree.exists(sandbox.networkNamespacePath))
        #expect(try await fixture.startPod() == sandbox)
      }
    }

    @Test(arguments: [
      (["/nope"], "exec: \"/nope\": stat /nope: no such file or directory", 127),
      (["nope"], "exec: \"nope\": executable file not found in $PATH", 127),
      (["/etc/passwd"], "exec: \"/etc/passwd\": permission denied", 126),
      (["/etc"], "exec: \"/etc\": permission denied", 126),
    ])
    func aBadCommandIsNamed(command: [String], message: String, code: Int) async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let error = await #expect(throws: RuntimeError.self) {
          _ = try await fixture.runtime.startContainer(fixture.container(command))
        }
        #expect(error == RuntimeError(.startContainer, message, exitCode: code))
        let left = try await fixture.runtime.pods().first?.containers.first
        #expect(left?.exit?.message == message)
        let id = try #require(left?.id)
        try await fixture.runtime.removeContainer(id: id)
        #expect(try await fixture.runtime.pods().first?.containers == [])
        #expect(try await fixture.runtime.orphans() == [])
      }
    }

    @Test func aMissingMountSourceNamesIt() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let error = await #expect(throws: RuntimeError.self) {
          _ = try await fixture.runtime.startContainer(
            fixture.container(["true"]) { $0.mounts = [ContainerMount(source: "/not/there", destination: "/x")] })
        }
        #expect(error?.reason == .startContainer)
        #expect(error?.message.contains("/not/there") == true)
        #expect(error?.message.contains("no such file or directory") == true)
      }
    }

    @Test func removingARunningContainerEndsIt() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let status = try await fixture.runtime.startContainer(fixture.container(["sleep", "1000"]))
        try await fixture.runtime.removeContainer(id: status.id)
        #expect(try await fixture.runtime.pods().first?.containers == [])
        #expect(kill(status.pid, 0) == -1)
        #expect(try await fixture.runtime.orphans() == [])
      }
    }

    @Test func stoppingThePodLeavesNothing() async throws {
      try await RuntimeFixture.with { fixture in
        let before = try fixture.mountPoints().count
        let sandbox = try await fixture.startPod()
        let status = try await fixture.runtime.startContainer(fixture.shell("sleep 1000 & sleep 1000 & wait"))
        try await fixture.runtime.stopSandbox(uid: "uid-1")
        #expect(kill(status.pid, 0) == -1)
        #expect(kill(sandbox.shimPID, 0) == -1)
        #expect(try fixture.mountPoints().count == before)
        #expect(try await fixture.runtime.orphans() == [])
        #expect(!FileTree.exists("\(fixture.paths.containerDirectory)/uid-1"))
        #expect(FileTree.exists("\(fixture.directory)/logs/main.log"))
        try await fixture.runtime.stopSandbox(uid: "uid-1")
      }
    }

    @Test func containersOfAPodShareNetworkAndMemoryButNotProcesses() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let server = fixture.container(["sh", "-c", "echo x > /dev/shm/note; hostname; sleep 1000"], name: "a")
        _ = try await fixture.runtime.startContainer(server)
        try await fixture.waitForLog(server) { $0 == "web" }
        let (_, log) = try await fixture.run(
          fixture.container(["sh", "-c", "cat /dev/shm/note; echo $$; ip -o link | grep -c LOOPBACK,UP"], name: "b"))
        #expect(log == "x\n1\n1")
      }
    }

    @Test func aSharedProcessNamespaceHasAnInitOfItsOwn() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod { $0.shareProcessNamespace = true }
        _ = try await fixture.runtime.startContainer(fixture.container(["sleep", "1234"], name: "a"))
        let (exit, log) = try await fixture.run(
          fixture.container(["sh", "-c", "cat /proc/1/comm; ps | grep -c 'sleep 123[4]'"], name: "b"))
        #expect(exit.code == 0)
        #expect(log == "swiftlet-shim\n1")
      }
    }

    @Test func aPodInTheMachinesNamespacesSeesThem() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod {
          $0.hostNetwork = true
          $0.hostPID = true
          $0.hostIPC = true
        }
        let (_, log) = try await fixture.run(
          fixture.shell("readlink /proc/self/ns/net; readlink /proc/self/ns/pid; readlink /proc/self/ns/ipc"))
        let own = try ["net", "pid", "ipc"].map { try FileTree.readLink("/proc/self/ns/\($0)") }
        #expect(log.split(separator: "\n").map(String.init) == own)
      }
    }

    @Test func thePodsSysctlsAreSet() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod {
          $0.sysctls = ["net.ipv4.ip_unprivileged_port_start": "80", "kernel.shm_rmid_forced": "1"]
        }
        let (_, log) = try await fixture.run(
          fixture.shell("cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/shm_rmid_forced"))
        #expect(log == "80\n1")
      }
    }
  }
}

/// One at a time, and not at all where the machine does not let them.
@Suite(.serialized, .enabled(if: RuntimeFixture.obstacle == nil, "\(RuntimeFixture.obstacle ?? "")"))
struct LinuxRuntime {}
