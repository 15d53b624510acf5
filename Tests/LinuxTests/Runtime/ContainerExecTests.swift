import Glibc
import LinuxSystem
import Testing

@testable import ContainerRuntime

extension LinuxRuntime {
  @Suite struct Exec {
    @Test func runsInsideAsTheContainersUser() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let config = fixture.container(["sleep", "1000"]) {
          $0.user = ContainerUser(name: "app")
          $0.workingDirectory = "/tmp"
          $0.security.noNewPrivileges = true
        }
        let container = try await fixture.runtime.startContainer(config)
        let script = "id -u; pwd; echo $GREETING; hostname; ps | grep -c 'sleep 100[0]'; grep -E 'NoNew|Seccomp:|CapBnd' /proc/self/status | tr -d '\\t'; grep ^0 /proc/self/cgroup; exit 9"
        let result = try await fixture.runtime.exec(containerID: container.id, ["sh", "-c", script], timeoutSeconds: 5)
        #expect(result.exitCode == 9)
        #expect(!result.timedOut)
        #expect(
          String(decoding: result.output, as: UTF8.self) == """
            1000
            /tmp
            hello
            web
            1
            CapBnd:00000000a80425fb
            NoNewPrivs:1
            Seccomp:2
            0::/

            """)
      }
    }

    @Test func timeIsUp() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let container = try await fixture.runtime.startContainer(fixture.container(["sleep", "1000"]))
        let begin = ContinuousClock.now
        let result = try await fixture.runtime.exec(
          containerID: container.id, ["sh", "-c", "echo begun; sleep 77 & sleep 77"], timeoutSeconds: 1)
        #expect(result.timedOut)
        #expect(result.exitCode == 137)
        #expect(String(decoding: result.output, as: UTF8.self) == "begun\n")
        #expect(ContinuousClock.now - begin < .seconds(10))
        let left = try await fixture.runtime.exec(containerID: container.id, ["sh", "-c", "ps | grep -c 'sleep 7[7]'"], timeoutSeconds: 5)
        #expect(String(decoding: left.output, as: UTF8.self) == "0\n")
      }
    }

    @Test func outputIsBounded() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let container = try await fixture.runtime.startContainer(fixture.container(["sleep", "1000"]))
        let result = try await fixture.runtime.exec(
          containerID: container.id, ["sh", "-c", "yes | head -c 1000000; exit 4"], timeoutSeconds: 20)
        #expect(result.exitCode == 4)
        #expect(result.output.count == RuntimeLimits.execOutputBytes)
      }
    }

    @Test func whatGoesOnWritingHoldsNobodyUp() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let container = try await fixture.runtime.startContainer(fixture.container(["sleep", "1000"]))
        let result = try await fixture.runtime.exec(containerID: container.id, ["sh", "-c", "yes & exit 6"], timeoutSeconds: 20)
        #expect(result.exitCode == 6)
        #expect(!result.timedOut)
      }
    }

    @Test func aMissingCommandIsNamed() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let container = try await fixture.runtime.startContainer(fixture.container(["sleep", "1000"]))
        let error = await #expect(throws: RuntimeError.self) {
          _ = try await fixture.runtime.exec(containerID: container.id, ["nope"], timeoutSeconds: 5)
        }
        #expect(error == RuntimeError(.exec, "exec: \"nope\": executable file not found in $PATH", exitCode: 127))
      }
    }

    @Test func anExitedContainerRunsNoCommands() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let events = fixture.runtime.events()
        let container = try await fixture.runtime.startContainer(fixture.container(["true"]))
        _ = try await fixture.exitOf(container.id, events)
        let error = await #expect(throws: RuntimeError.self) {
          _ = try await fixture.runtime.exec(containerID: container.id, ["true"], timeoutSeconds: 5)
        }
        #expect(error?.reason == .notFound)
      }
    }

    @Test func manyAtOnceAllAnswer() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod()
        let container = try await fixture.runtime.startContainer(fixture.container(["sleep", "1000"]))
        let runtime = fixture.runtime
        let codes = try await withThrowingTaskGroup(of: Int.self) { group in
          for number in 0..<40 {
            group.addTask {
              try await runtime.exec(containerID: container.id, ["sh", "-c", "exit \(number)"], timeoutSeconds: 20).exitCode
            }
          }
          return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.sorted() == Array(0..<40))
      }
    }
  }
}
