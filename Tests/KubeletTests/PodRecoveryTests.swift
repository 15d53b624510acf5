import KubernetesAPI
import Testing

@testable import Kubelet

@Suite struct PodRecoveryTests {
  private func runningPod() -> Pod {
    var pod = makePod(
      containers: [
        makeContainer("app") { $0.readinessProbe = Probe { $0.exec = ExecAction { $0.command = ["true"] } } }
      ])
    pod.status.phase = .running
    pod.status.startTime = epoch
    pod.status.containerStatuses = [
      ContainerStatus {
        $0.name = "app"
        $0.containerID = "swiftlet://abc"
        $0.ready = true
        $0.started = true
        $0.restartCount = 2
        $0.image = "docker.io/library/busybox:latest"
        $0.state = ContainerState { $0.running = ContainerStateRunning { $0.startedAt = epoch } }
      }
    ]
    return pod
  }

  private func observed(_ containers: [ObservedContainer]) -> ObservedPod {
    ObservedPod(
      uid: "uid-web", name: "web", namespace: "default", sandbox: SandboxFacts(networkNamespacePath: "/ns"),
      containers: containers)
  }

  @Test func touchesNothingThatRunsAndKeepsItReady() {
    let state = PodState(
      recovering: runningPod(), observed: observed([running("app", "abc", attempt: 2)]), addresses: ["10.42.0.5"],
      now: epoch)
    var planner = PodPlanner(state)
    #expect(planner.handle(.wake, now: epoch) == [.setUpVolumes])
    #expect(planner.handle(.volumesReady, now: epoch).isEmpty)
    let status = planner.status()
    #expect(status.phase == .running)
    #expect(status.containerStatuses[0].ready)
    #expect(status.containerStatuses[0].restartCount == 2)
    #expect(status.podIP == "10.42.0.5")
    #expect(status.conditions.first { $0.type == "Ready" }?.status == .true)
  }

  @Test func restartsWhatDiedWithTheMachine() {
    var planner = PodPlanner(PodState(recovering: runningPod(), observed: nil, addresses: [], now: epoch))
    #expect(planner.bringUp().work == [.startContainer(name: "app", attempt: 3)])
    _ = planner.start("app", "new", attempt: 3)
    let last = planner.status().containerStatuses[0].lastState.terminated
    #expect(last?.reason == "ContainerStatusUnknown")
    #expect(last?.exitCode == 137)
    #expect(last?.containerID == "swiftlet://abc")
  }

  @Test func leavesAFinishedPodAsItIs() {
    var pod = runningPod()
    pod.status.phase = .succeeded
    var planner = PodPlanner(PodState(recovering: pod, observed: nil, addresses: [], now: epoch))
    #expect(planner.handle(.wake, now: epoch).isEmpty)
    #expect(planner.status() == pod.status)
    pod.metadata.deletionTimestamp = epoch
    #expect(planner.handle(.updated(pod), now: epoch) == [.finish(deletesObject: true)])
  }

  @Test func finishesADeletionThatWasUnderWay() {
    var pod = runningPod()
    pod.metadata.deletionTimestamp = epoch
    pod.metadata.deletionGracePeriodSeconds = 5
    var planner = PodPlanner(PodState(recovering: pod, observed: nil, addresses: [], now: epoch))
    #expect(planner.handle(.wake, now: epoch) == [.stopSandbox])
    #expect(planner.handle(.sandboxStopped, now: epoch) == [.tearDownVolumes])
    #expect(planner.handle(.volumesTornDown, now: epoch) == [.finish(deletesObject: true)])
  }

  @Test func goesOnWithTheBackOff() {
    let dead = exited("app", "abc", attempt: 2, code: 1)
    var planner = PodPlanner(
      PodState(recovering: runningPod(), observed: observed([dead]), addresses: ["10.42.0.5"], now: epoch))
    _ = planner.handle(.wake, now: epoch)
    #expect(planner.handle(.volumesReady, now: epoch).work.isEmpty)
    #expect(planner.wakeAt == epoch.adding(seconds: 20))
  }

  @Test func makesAHalfMadeSandboxWholeWithoutTouchingWhatRuns() {
    let half = PodState(recovering: runningPod(), observed: observed([]), addresses: [], now: epoch)
    var planner = PodPlanner(half)
    _ = planner.handle(.wake, now: epoch)
    #expect(planner.handle(.volumesReady, now: epoch) == [.startSandbox])

    let unconnected = observed([running("app", "abc", attempt: 2)])
    planner = PodPlanner(PodState(recovering: runningPod(), observed: unconnected, addresses: [], now: epoch))
    _ = planner.handle(.wake, now: epoch)
    #expect(planner.handle(.volumesReady, now: epoch) == [.startSandbox])
    let sandbox = PodInput.sandboxStarted(SandboxFacts(networkNamespacePath: "/ns"), addresses: ["10.42.0.5"])
    #expect(planner.handle(sandbox, now: epoch).isEmpty)
    #expect(planner.status().containerStatuses[0].state.running != nil)
  }
}
