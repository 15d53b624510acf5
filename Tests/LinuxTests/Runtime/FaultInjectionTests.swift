import Glibc
import LinuxSystem
import Testing

@testable import ContainerRuntime

extension LinuxRuntime {
  @Suite(.enabled(if: Strace.obstacle == nil, "\(Strace.obstacle ?? "")")) struct FaultInjection {
    /// The whole life of a pod once for each system call that spawner, shim or container make in it, with the caller
    /// killed at that call: the pod may fail, and then the node must be as if it had never been.
    @Test func aDeathAtAnyStepLeavesNothing() async throws {
      try await RuntimeFixture.with { fixture in
        _ = try await fixture.startPod("bystander")
        let bystander = try await fixture.runtime.startContainer(
          fixture.container(["sleep", "1000"], name: "bystander", pod: "bystander"))
        let before = try Traces(fixture)
        #expect(try await Self.live(fixture, killedAt: nil) == .ran)
        let steps = try Strace.calls(in: Self.log(fixture)).filter { $0.number <= Self.repetitions }
        let known: Set = [Strace.Call(name: "clone3", number: 1), Strace.Call(name: "pivot_root", number: 1)]
        #expect(known.isSubset(of: steps))
        var outcomes: [Outcome: Int] = [:]
        for step in steps.sorted(by: { ($0.name, $0.number) < ($1.name, $1.number) }) {
          let outcome = try await Self.live(fixture, killedAt: step)
          outcomes[outcome, default: 0] += 1
          let left = try await fixture.runtime.orphans()
          #expect(left == [], "after a death at \(step) (\(outcome))")
          let after = try Traces(fixture)
          #expect(after == before, "after a death at \(step) (\(outcome))")
        }
        // Each kind of fault was met, or the test tests nothing.
        #expect((outcomes[.sandboxFailed] ?? 0) > 10, "\(outcomes)")
        #expect((outcomes[.startFailed] ?? 0) > 10, "\(outcomes)")
        #expect(try await fixture.runtime.exec(containerID: bystander.id, ["true"], timeoutSeconds: 60).exitCode == 0)
      }
    }

    /// A kind of call is repeated for like things (descriptors, masked paths): the first few stand for all.
    private static let repetitions = 3

    private enum Outcome { case sandboxFailed, startFailed, ran }

    private static func log(_ fixture: RuntimeFixture) -> String { "\(fixture.directory)/strace" }

    private static func live(_ fixture: RuntimeFixture, killedAt call: Strace.Call?) async throws -> Outcome {
      let spawner = try await spawnerPID(fixture)
      let strace = try Strace(following: spawner, killingAt: call, log: log(fixture))
      let outcome = await start(fixture)
      // What the kubelet does with a pod that failed or that is to go.
      do { try await fixture.runtime.stopSandbox(uid: "uid-1") } catch {
        Issue.record("stop after a death at \(call.map(\.description) ?? "no call"): \(error)")
      }
      try strace.stop()
      return outcome
    }

    private static func start(_ fixture: RuntimeFixture) async -> Outcome {
      guard (try? await fixture.startPod("uid-1")) != nil else { return .sandboxFailed }
      let config = fixture.shell("echo started; sleep 1000")
      return (try? await fixture.runtime.startContainer(config)) == nil ? .startFailed : .ran
    }

    /// A spawner that was killed comes back with the next pod.
    private static func spawnerPID(_ fixture: RuntimeFixture) async throws -> Int32 {
      if let pid = try fixture.runtime.cgroups.spawner.processes().first { return pid }
      _ = try await fixture.startPod("replacement")
      try await fixture.runtime.stopSandbox(uid: "replacement")
      return try #require(try fixture.runtime.cgroups.spawner.processes().first)
    }

    /// What the machine holds of the fixture.
    private struct Traces: Equatable {
      var mounts: [String]
      var groups: Set<String>
      var processes: Int

      init(_ fixture: RuntimeFixture) throws {
        let marks = [fixture.directory, fixture.paths.stateDirectory]
        mounts = try fixture.mountPoints().filter { point in marks.contains { point.hasPrefix($0) } }
        groups = try Self.groups(fixture.runtime.cgroups.root)
        // The spawner may be a new one, or gone until it is needed.
        processes = try Self.processes(fixture.runtime.cgroups.root) - fixture.runtime.cgroups.spawner.processes().count
      }

      private static func groups(_ group: Cgroup) throws -> Set<String> {
        try group.children().reduce(into: [group.path]) { $0.formUnion(try groups($1)) }
      }

      private static func processes(_ group: Cgroup) throws -> Int {
        try group.children().reduce(try group.processes().count) { $0 + (try processes($1)) }
      }
    }
  }
}
