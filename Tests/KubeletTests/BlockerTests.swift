import KubernetesAPI
import Testing

@testable import Kubelet

/// A container that lives after SIGKILL is held by the kernel.
@Suite struct BlockerTests {
  @Test func asksWhatHoldsAContainerThatOutlivesItsKill() {
    var pod = makePod(grace: 5, containers: [makeContainer("app")])
    var planner = PodPlanner(pod)
    _ = planner.bringUp()
    _ = planner.start("app", "0")
    pod.metadata.deletionTimestamp = epoch
    pod.metadata.deletionGracePeriodSeconds = 5
    _ = planner.handle(.updated(pod), now: epoch)
    let kill = epoch.adding(seconds: 5)
    #expect(planner.handle(.wake, now: kill) == [.killContainer(id: "0")])
    #expect(planner.handle(.wake, now: kill.adding(seconds: PodPlanner.killRetrySeconds - 1)).isEmpty)
    #expect(
      planner.handle(.wake, now: kill.adding(seconds: PodPlanner.killRetrySeconds))
        == [.killContainer(id: "0"), .explainSurvival(name: "app", id: "0")])
    // The pod is not said to be gone while its process is there.
    #expect(planner.wakeAt == kill.adding(seconds: 2 * PodPlanner.killRetrySeconds))
    #expect(!planner.state.isFinished)
  }
}
