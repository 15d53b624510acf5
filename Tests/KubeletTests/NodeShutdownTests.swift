import KubernetesAPI
import KubernetesClient
import Logging
import NodeSimulation
import Testing

@testable import Kubelet

@Suite(.timeLimit(.minutes(1))) struct NodeShutdownTests {
  // MARK: the plan

  private func member(_ uid: String, _ priority: Int, _ graceSeconds: Int? = 30) -> ShutdownPlan.Member {
    ShutdownPlan.Member(uid: uid, priority: priority, graceSeconds: graceSeconds)
  }

  @Test func ordinaryPodsEndBeforeCriticalOnes() {
    let periods = ShutdownPlan.periods(graceSeconds: 30, criticalSeconds: 10)
    let groups = ShutdownPlan.groups(
      [member("critical", 2_000_000_000), member("plain", 0, 5), member("low", -7), member("high", 1_999_999_999, nil)],
      periods)
    #expect(
      groups == [
        ShutdownPlan.Group(seconds: 20, graces: ["plain": 5, "low": 20, "high": 20]),
        ShutdownPlan.Group(seconds: 10, graces: ["critical": 10]),
      ])
    #expect(ShutdownPlan.totalSeconds(periods) == 30)
  }

  @Test func periodsWithoutPodsAreNotWaitedFor() {
    let periods = [
      ShutdownPeriod(priority: 100, seconds: 3), ShutdownPeriod(priority: 0, seconds: 1),
      ShutdownPeriod(priority: 10, seconds: 2),
    ]
    let groups = ShutdownPlan.groups([member("a", 5), member("b", 100), member("c", 101)], periods)
    #expect(
      groups == [
        ShutdownPlan.Group(seconds: 1, graces: ["a": 1]), ShutdownPlan.Group(seconds: 3, graces: ["b": 3, "c": 3]),
      ])
    #expect(ShutdownPlan.groups([member("a", 5)], []).isEmpty)
    #expect(ShutdownPlan.groups([], periods).isEmpty)
  }

  // MARK: the configuration

  @Test(arguments: [
    ("0s", "0s", "", []), ("30s", "0s", "", [(0, 30), (2_000_000_000, 0)]),
    ("1m", "15s", "", [(0, 45), (2_000_000_000, 15)]),
    ("0s", "0s", "2000000000=10,0=60,-5=1", [(-5, 1), (0, 60), (2_000_000_000, 10)]),
  ] as [(String, String, String, [(Int, Int)])])
  func readsPeriods(grace: String, critical: String, byPriority: String, wanted: [(Int, Int)]) throws {
    let periods = try ShutdownConfiguration.periods(grace: grace, critical: critical, byPriority: byPriority)
    #expect(periods == wanted.map { ShutdownPeriod(priority: $0.0, seconds: $0.1) })
  }

  @Test(arguments: [
    ("soon", "0s", ""), ("10s", "x", ""), ("10s", "11s", ""), ("10s", "0s", "0=1"), ("0s", "0s", "0"),
    ("0s", "0s", "0=1,0=2"), ("0s", "0s", "a=1"), ("0s", "0s", "0=-1"),
  ])
  func refusesByName(grace: String, critical: String, byPriority: String) {
    #expect(throws: ShutdownConfiguration.Refusal.self) {
      try ShutdownConfiguration.periods(grace: grace, critical: critical, byPriority: byPriority)
    }
  }

  // MARK: one pod

  @Test func aPodEndsWithUpstreamsWords() {
    var planner = PodPlanner(makePod(grace: 30, containers: [makeContainer("app")]))
    _ = planner.bringUp()
    _ = planner.start("app", "a")
    let actions = planner.handle(.machineGoesDown(graceSeconds: 5), now: epoch)
    #expect(actions.work == [.stopContainer(name: "app", id: "a")])
    #expect(planner.wakeAt == epoch.adding(seconds: 5))
    // While it runs it is what it was.
    #expect(planner.status().phase == .running)
    #expect(planner.status().reason.isEmpty)
    _ = planner.handle(.exited(exited("app", "a", code: 0)), now: epoch)
    let status = planner.status()
    #expect(status.phase == .failed)
    #expect(status.reason == "Terminated")
    #expect(status.message == "Pod was terminated in response to imminent node shutdown.")
    let disruption = status.conditions.first { $0.type == "DisruptionTarget" }
    #expect(disruption?.status == .true)
    #expect(disruption?.reason == "TerminationByKubelet")
    #expect(disruption?.message == status.message)
  }

  @Test func aPodThatIsOverStaysWhatItWas() {
    var planner = PodPlanner(makePod(restartPolicy: .never, containers: [makeContainer("app")]))
    _ = planner.bringUp()
    _ = planner.start("app", "a")
    _ = planner.handle(.exited(exited("app", "a", code: 0)), now: epoch)
    _ = planner.handle(.machineGoesDown(graceSeconds: 5), now: epoch)
    #expect(planner.status().phase == .succeeded)
    #expect(planner.status().reason.isEmpty)
  }
}
