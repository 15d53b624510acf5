import KubernetesAPI
import Testing

@testable import Kubelet

@Suite struct PodPlannerTests {
  @Test func bringsUpVolumesSandboxAndContainersInThatOrder() {
    var planner = PodPlanner(makePod(containers: [makeContainer("a"), makeContainer("b")]))
    #expect(planner.handle(.wake, now: epoch) == [.setUpVolumes])
    #expect(planner.handle(.volumesReady, now: epoch) == [.startSandbox])
    let sandbox = PodInput.sandboxStarted(SandboxFacts(networkNamespacePath: "/ns"), addresses: ["10.42.0.5"])
    #expect(
      planner.handle(sandbox, now: epoch) == [
        .startContainer(name: "a", attempt: 0), .startContainer(name: "b", attempt: 0),
      ])
    #expect(planner.handle(.wake, now: epoch).isEmpty)
    #expect(planner.start("a", "1").isEmpty)
    #expect(planner.start("b", "2").isEmpty)
    #expect(planner.wakeAt == nil)
  }

  @Test func startsInitContainersOneAfterTheOther() {
    var planner = PodPlanner(
      makePod(containers: [makeContainer("app")], initContainers: [makeContainer("one"), makeContainer("two")]))
    #expect(planner.bringUp() == [.startContainer(name: "one", attempt: 0)])
    #expect(planner.start("one", "1").isEmpty)
    #expect(
      planner.handle(.exited(exited("one", "1", code: 0)), now: epoch) == [.startContainer(name: "two", attempt: 0)])
    _ = planner.start("two", "2")
    #expect(planner.status().phase == .pending)
    #expect(
      planner.handle(.exited(exited("two", "2", code: 0)), now: epoch) == [.startContainer(name: "app", attempt: 0)])
  }

  @Test func retriesAFailedInitContainerUnlessThePodNeverRestarts() {
    var planner = PodPlanner(makePod(containers: [makeContainer("app")], initContainers: [makeContainer("one")]))
    _ = planner.bringUp()
    _ = planner.start("one", "1")
    #expect(
      planner.handle(.exited(exited("one", "1", code: 1)), now: epoch) == [.startContainer(name: "one", attempt: 1)])

    var never = PodPlanner(
      makePod(restartPolicy: .never, containers: [makeContainer("app")], initContainers: [makeContainer("one")]))
    _ = never.bringUp()
    _ = never.start("one", "1")
    #expect(never.handle(.exited(exited("one", "1", code: 1)), now: epoch) == [.stopSandbox])
    #expect(never.status().phase == .failed)
  }

  @Test func startsApplicationsOnceASidecarHasStarted() {
    let sidecar = makeContainer("proxy") {
      $0.restartPolicy = .always
      $0.startupProbe = Probe { $0.tcpSocket = TCPSocketAction { $0.port = 80 } }
    }
    var planner = PodPlanner(makePod(containers: [makeContainer("app")], initContainers: [sidecar]))
    #expect(planner.bringUp() == [.startContainer(name: "proxy", attempt: 0)])
    #expect(planner.start("proxy", "1").isEmpty)
    #expect(
      planner.handle(.probed(id: "1", .startup, .success), now: epoch) == [.startContainer(name: "app", attempt: 0)])
    _ = planner.start("app", "2")
    // A sidecar that ends is started again beside the running application.
    #expect(
      planner.handle(.exited(exited("proxy", "1", code: 0)), now: epoch) == [.startContainer(name: "proxy", attempt: 1)]
    )
  }

  @Test func backsOffFromTenSecondsToFiveMinutes() {
    var planner = PodPlanner(makePod(containers: [makeContainer("app")]))
    _ = planner.bringUp()
    var now = epoch
    var waits: [Int] = []
    for attempt in 0..<8 {
      _ = planner.start("app", "\(attempt)", attempt: attempt, now: now)
      let actions = planner.handle(.exited(exited("app", "\(attempt)", attempt: attempt, code: 1, at: now)), now: now)
      if actions.work.isEmpty {
        let wakeAt = planner.wakeAt ?? now
        waits.append(wakeAt.secondsSinceEpoch - now.secondsSinceEpoch)
        #expect(planner.handle(.wake, now: wakeAt.adding(seconds: -1)).work.isEmpty)
        now = wakeAt
        #expect(planner.handle(.wake, now: now).work.contains(.startContainer(name: "app", attempt: attempt + 1)))
      } else {
        waits.append(0)
      }
    }
    #expect(waits == [0, 10, 20, 40, 80, 160, 300, 300])
  }

  @Test func forgetsTheBackOffAfterTenMinutesOfRunning() {
    var planner = PodPlanner(makePod(containers: [makeContainer("app")]))
    _ = planner.bringUp()
    _ = planner.start("app", "0")
    _ = planner.handle(.exited(exited("app", "0", code: 1)), now: epoch)
    _ = planner.start("app", "1", attempt: 1)
    let later = epoch.adding(seconds: 601)
    let actions = planner.handle(.exited(exited("app", "1", attempt: 1, code: 1, at: later)), now: later)
    #expect(actions.work.contains(.startContainer(name: "app", attempt: 2)))
  }

  @Test func tellsTheBackOffInUpstreamsWords() {
    var planner = PodPlanner(makePod(containers: [makeContainer("app")]))
    _ = planner.bringUp()
    _ = planner.start("app", "0")
    _ = planner.handle(.exited(exited("app", "0", code: 1)), now: epoch)
    _ = planner.start("app", "1", attempt: 1)
    let actions = planner.handle(.exited(exited("app", "1", attempt: 1, code: 3)), now: epoch)
    #expect(
      actions.notes == [
        PodNote(
          isWarning: true, "BackOff", "Back-off restarting failed container app in pod web_default(uid-web)",
          container: "app")
      ])
    let status = planner.status().containerStatuses[0]
    #expect(status.state.waiting?.reason == "CrashLoopBackOff")
    #expect(
      status.state.waiting?.message
        == "back-off 10s restarting failed container=app pod=web_default(uid-web)")
    #expect(status.lastState.terminated?.exitCode == 3)
    #expect(status.restartCount == 1)
    #expect(planner.status().phase == .running)
  }

  @Test(arguments: [
    (RestartPolicy.always, 0, true), (.always, 1, true), (.onFailure, 0, false), (.onFailure, 1, true),
    (.never, 0, false),
    (.never, 1, false),
  ])
  func restartsByPolicyAndExitCode(policy: RestartPolicy, code: Int, restarts: Bool) {
    var planner = PodPlanner(makePod(restartPolicy: policy, containers: [makeContainer("app")]))
    _ = planner.bringUp()
    _ = planner.start("app", "0")
    let actions = planner.handle(.exited(exited("app", "0", code: code)), now: epoch)
    #expect(actions.contains(.startContainer(name: "app", attempt: 1)) == restarts)
    #expect(actions.contains(.stopSandbox) == !restarts)
    #expect(planner.status().phase == (restarts ? .running : code == 0 ? .succeeded : .failed))
  }

  @Test func killsAfterTheGraceAndLeavesNothingBehind() {
    var pod = makePod(grace: 5, containers: [makeContainer("app")])
    var planner = PodPlanner(pod)
    _ = planner.bringUp()
    _ = planner.start("app", "0")
    pod.metadata.deletionTimestamp = epoch
    pod.metadata.deletionGracePeriodSeconds = 5
    let actions = planner.handle(.updated(pod), now: epoch)
    #expect(actions.work == [.stopContainer(name: "app", id: "0")])
    #expect(actions.notes == [PodNote("Killing", "Stopping container app", container: "app")])
    #expect(planner.wakeAt == epoch.adding(seconds: 5))
    #expect(planner.handle(.wake, now: epoch.adding(seconds: 4)).isEmpty)
    #expect(planner.handle(.wake, now: epoch.adding(seconds: 5)) == [.killContainer(id: "0")])
    let exit = PodInput.exited(exited("app", "0", code: 137))
    #expect(planner.handle(exit, now: epoch.adding(seconds: 5)) == [.stopSandbox])
    #expect(planner.handle(.sandboxStopped, now: epoch.adding(seconds: 5)) == [.tearDownVolumes])
    #expect(planner.handle(.volumesTornDown, now: epoch.adding(seconds: 5)) == [.finish(deletesObject: true)])
    #expect(planner.state.isFinished)
  }

  @Test func endsAForceDeletedPodAtOnce() {
    var planner = PodPlanner(makePod(containers: [makeContainer("app")]))
    _ = planner.bringUp()
    _ = planner.start("app", "0")
    #expect(planner.handle(.removed, now: epoch).work == [.stopContainer(name: "app", id: "0")])
    #expect(planner.wakeAt == epoch.adding(seconds: PodPlanner.minimumGraceSeconds))
    _ = planner.handle(.exited(exited("app", "0", code: 143)), now: epoch)
    _ = planner.handle(.sandboxStopped, now: epoch)
    #expect(planner.handle(.volumesTornDown, now: epoch) == [.finish(deletesObject: false)])
  }

  @Test func runsPreStopWithinTheGrace() {
    let container = makeContainer("app") {
      $0.lifecycle = Lifecycle { $0.preStop = LifecycleHandler { $0.exec = ExecAction { $0.command = ["true"] } } }
    }
    var pod = makePod(grace: 10, containers: [container])
    var planner = PodPlanner(pod)
    _ = planner.bringUp()
    _ = planner.start("app", "0")
    pod.metadata.deletionTimestamp = epoch
    pod.metadata.deletionGracePeriodSeconds = 10
    #expect(planner.handle(.updated(pod), now: epoch).work == [.runPreStop(name: "app", id: "0", timeoutSeconds: 10)])
    let done = epoch.adding(seconds: 4)
    #expect(planner.handle(.preStopFinished(id: "0"), now: done) == [.stopContainer(name: "app", id: "0")])
    #expect(planner.wakeAt == epoch.adding(seconds: 10))
  }

  @Test func signalsWhenPreStopTakesTheWholeGrace() {
    let container = makeContainer("app") {
      $0.lifecycle = Lifecycle { $0.preStop = LifecycleHandler { $0.sleep = SleepAction { $0.seconds = 60 } } }
    }
    var pod = makePod(grace: 3, containers: [container])
    var planner = PodPlanner(pod)
    _ = planner.bringUp()
    _ = planner.start("app", "0")
    pod.metadata.deletionTimestamp = epoch
    pod.metadata.deletionGracePeriodSeconds = 3
    _ = planner.handle(.updated(pod), now: epoch)
    let end = epoch.adding(seconds: 3)
    #expect(planner.handle(.wake, now: end) == [.stopContainer(name: "app", id: "0")])
    #expect(planner.handle(.wake, now: end.adding(seconds: 2)) == [.killContainer(id: "0")])
  }

  @Test func restartsAContainerThatFailsItsLiveness() {
    let container = makeContainer("app") {
      $0.livenessProbe = Probe {
        $0.exec = ExecAction { $0.command = ["true"] }
        $0.terminationGracePeriodSeconds = 1
      }
    }
    var planner = PodPlanner(makePod(containers: [container]))
    _ = planner.bringUp()
    _ = planner.start("app", "0")
    let actions = planner.handle(.probed(id: "0", .liveness, .failure), now: epoch)
    #expect(actions.work == [.stopContainer(name: "app", id: "0")])
    #expect(
      actions.notes == [PodNote("Killing", "Container app failed liveness probe, will be restarted", container: "app")])
    #expect(planner.wakeAt == epoch.adding(seconds: 2))
    #expect(
      planner.handle(.exited(exited("app", "0", code: 143)), now: epoch) == [.startContainer(name: "app", attempt: 1)])
    // A late result about the old instance concerns nobody.
    _ = planner.start("app", "1", attempt: 1)
    #expect(planner.handle(.probed(id: "0", .liveness, .failure), now: epoch).isEmpty)
  }

  @Test func tellsFailedPullsAndTheirBackOff() {
    var planner = PodPlanner(makePod(containers: [makeContainer("app")]))
    _ = planner.bringUp()
    let failure = StartFailure.image(reason: "ErrImagePull", message: "no such image", backsOff: true)
    let actions = planner.handle(.startFailed(name: "app", failure), now: epoch)
    #expect(actions.notes == [PodNote(isWarning: true, "Failed", "Error: ErrImagePull", container: "app")])
    #expect(planner.status().containerStatuses[0].state.waiting?.reason == "ErrImagePull")
    let soon = epoch.adding(seconds: 2)
    let told = planner.handle(.wake, now: soon)
    #expect(told.notes.map(\.reason) == ["BackOff", "Failed"])
    let waiting = planner.status().containerStatuses[0].state.waiting
    #expect(waiting?.reason == "ImagePullBackOff")
    #expect(waiting?.message == "Back-off pulling image \"busybox\": ErrImagePull: no such image")
    #expect(planner.wakeAt == epoch.adding(seconds: 10))
    #expect(planner.handle(.wake, now: epoch.adding(seconds: 10)).work == [.startContainer(name: "app", attempt: 0)])
    #expect(planner.status().phase == .pending)
  }

  @Test func countsAProgramThatCannotRunAsAnExit() {
    var planner = PodPlanner(makePod(containers: [makeContainer("app")]))
    _ = planner.bringUp()
    let error = ContainerStartError(reason: "RunContainerError", message: "exec: \"/nope\": no such file or directory")
    let first = planner.handle(.startFailed(name: "app", .run(error)), now: epoch)
    #expect(first.work == [.startContainer(name: "app", attempt: 1)])
    #expect(planner.status().containerStatuses[0].state.waiting?.reason == "RunContainerError")
    #expect(planner.handle(.startFailed(name: "app", .run(error)), now: epoch).work.isEmpty)
    let status = planner.status().containerStatuses[0]
    #expect(status.state.waiting?.reason == "CrashLoopBackOff")
    #expect(status.lastState.terminated?.reason == "StartError")
    #expect(status.lastState.terminated?.exitCode == 128)
    #expect(status.restartCount == 1)
  }

  @Test func takesAnExitThatOvertakesTheStartsAnswer() {
    var planner = PodPlanner(makePod(restartPolicy: .never, containers: [makeContainer("app")]))
    _ = planner.bringUp()
    #expect(planner.handle(.exited(exited("app", "0", code: 0)), now: epoch).isEmpty)
    #expect(planner.start("app", "0") == [.stopSandbox])
    #expect(planner.status().phase == .succeeded)
  }

  @Test func recreatesALostSandboxWithEverythingInIt() {
    var planner = PodPlanner(makePod(containers: [makeContainer("app")], initContainers: [makeContainer("one")]))
    _ = planner.bringUp()
    _ = planner.start("one", "0")
    _ = planner.handle(.exited(exited("one", "0", code: 0)), now: epoch)
    _ = planner.start("app", "1")
    let actions = planner.handle(.sandboxDied(reason: "the shim was killed"), now: epoch)
    #expect(actions.work == [.stopSandbox])
    #expect(actions.notes.map(\.reason) == ["SandboxChanged"])
    #expect(planner.handle(.sandboxStopped, now: epoch) == [.startSandbox])
    let sandbox = PodInput.sandboxStarted(SandboxFacts(networkNamespacePath: "/ns"), addresses: ["10.42.0.6"])
    #expect(planner.handle(sandbox, now: epoch) == [.startContainer(name: "one", attempt: 1)])
    _ = planner.start("one", "2", attempt: 1)
    #expect(
      planner.handle(.exited(exited("one", "2", attempt: 1, code: 0)), now: epoch).work == [
        .startContainer(name: "app", attempt: 1)
      ])
    #expect(planner.status().containerStatuses[0].lastState.terminated?.exitCode == 137)
    #expect(planner.status().podIP == "10.42.0.6")
  }

  @Test func stopsAtTheActiveDeadline() {
    var pod = makePod(containers: [makeContainer("app")])
    pod.spec.activeDeadlineSeconds = 60
    var planner = PodPlanner(pod)
    _ = planner.bringUp()
    _ = planner.start("app", "0")
    #expect(planner.wakeAt == epoch.adding(seconds: 60))
    let actions = planner.handle(.wake, now: epoch.adding(seconds: 60))
    #expect(actions.work == [.stopContainer(name: "app", id: "0")])
    _ = planner.handle(.exited(exited("app", "0", code: 143)), now: epoch.adding(seconds: 61))
    #expect(planner.status().phase == .failed)
    #expect(planner.status().reason == "DeadlineExceeded")
  }

  @Test func retriesVolumesWhenTheirSourceAppears() {
    var planner = PodPlanner(makePod(containers: [makeContainer("app")]))
    _ = planner.handle(.wake, now: epoch)
    let message = "MountVolume.SetUp failed for volume \"x\" : configmap \"y\" not found"
    let actions = planner.handle(.volumesFailed([message]), now: epoch)
    #expect(actions == [.record(PodNote(isWarning: true, "FailedMount", message))])
    #expect(planner.wakeAt == epoch.adding(seconds: 1))
    #expect(planner.status().containerStatuses[0].state.waiting?.reason == "ContainerCreating")
    #expect(planner.handle(.sourcesChanged, now: epoch) == [.setUpVolumes])
  }

  @Test func keepsAtMostTwoInstances() {
    var planner = PodPlanner(makePod(containers: [makeContainer("app")]))
    _ = planner.bringUp()
    var now = epoch
    for attempt in 0..<3 {
      let removed = planner.start("app", "\(attempt)", attempt: attempt, now: now)
      #expect(removed == (attempt < 2 ? [] : [.removeContainer(name: "app", id: "0", attempt: 0)]))
      _ = planner.handle(.exited(exited("app", "\(attempt)", attempt: attempt, code: 1, at: now)), now: now)
      now = now.adding(seconds: 400)
      _ = planner.handle(.wake, now: now)
    }
  }

  private func deleted(_ pod: Pod, graceSeconds: Int) -> Pod {
    var pod = pod
    pod.metadata.deletionTimestamp = epoch
    pod.metadata.deletionGracePeriodSeconds = graceSeconds
    return pod
  }

  private func podWithSidecars(_ hook: Lifecycle? = nil) -> Pod {
    let sidecars = ["one", "two"].map { name in
      makeContainer(name) {
        $0.restartPolicy = .always
        $0.lifecycle = hook
      }
    }
    return makePod(containers: [makeContainer("app")], initContainers: sidecars)
  }

  private func running(_ pod: Pod) -> PodPlanner {
    var planner = PodPlanner(pod)
    _ = planner.bringUp()
    for (number, name) in ["one", "two", "app"].enumerated() { _ = planner.start(name, "\(number + 1)") }
    return planner
  }

  @Test func signalsSidecarsInReverseOrderAfterTheApplications() {
    let pod = podWithSidecars()
    var planner = running(pod)
    let actions = planner.handle(.updated(deleted(pod, graceSeconds: 30)), now: epoch)
    #expect(actions.work == [.stopContainer(name: "app", id: "3")])
    #expect(
      actions.notes.map(\.message) == ["Stopping container one", "Stopping container two", "Stopping container app"])
    let later = epoch.adding(seconds: 10)
    #expect(
      planner.handle(.exited(exited("app", "3", code: 0)), now: later) == [.stopContainer(name: "two", id: "2")])
    #expect(planner.wakeAt == epoch.adding(seconds: 30))
    #expect(planner.handle(.exited(exited("two", "2", code: 0)), now: later) == [.stopContainer(name: "one", id: "1")])
    #expect(planner.handle(.exited(exited("one", "1", code: 0)), now: later) == [.stopSandbox])
  }

  @Test func givesSidecarsTheLeastGraceWhenTheApplicationsTookAll() {
    let pod = podWithSidecars()
    var planner = running(pod)
    _ = planner.handle(.updated(deleted(pod, graceSeconds: 5)), now: epoch)
    let end = epoch.adding(seconds: 5)
    let actions = planner.handle(.wake, now: end)
    #expect(
      actions == [
        .stopContainer(name: "one", id: "1"), .stopContainer(name: "two", id: "2"), .killContainer(id: "3"),
      ])
    #expect(planner.wakeAt == end.adding(seconds: PodPlanner.minimumGraceSeconds))
    #expect(
      planner.handle(.wake, now: end.adding(seconds: 2)) == [.killContainer(id: "1"), .killContainer(id: "2")])
  }

  @Test func runsThePreStopHooksOfSidecarsAtOnce() {
    let hook = Lifecycle { $0.preStop = LifecycleHandler { $0.exec = ExecAction { $0.command = ["true"] } } }
    let pod = podWithSidecars(hook)
    var planner = running(pod)
    let actions = planner.handle(.updated(deleted(pod, graceSeconds: 30)), now: epoch)
    #expect(
      actions.work == [
        .runPreStop(name: "one", id: "1", timeoutSeconds: 30), .runPreStop(name: "two", id: "2", timeoutSeconds: 30),
        .stopContainer(name: "app", id: "3"),
      ])
    #expect(planner.handle(.preStopFinished(id: "1"), now: epoch).isEmpty)
    #expect(planner.handle(.preStopFinished(id: "2"), now: epoch).isEmpty)
    #expect(
      planner.handle(.exited(exited("app", "3", code: 0)), now: epoch) == [.stopContainer(name: "two", id: "2")])
  }

  @Test func endsSidecarsOnceTheApplicationsAreDone() {
    var pod = podWithSidecars()
    pod.spec.restartPolicy = .never
    var planner = running(pod)
    #expect(
      planner.handle(.exited(exited("app", "3", code: 0)), now: epoch).work == [.stopContainer(name: "two", id: "2")])
    #expect(planner.status().phase == .running)
    _ = planner.handle(.exited(exited("two", "2", code: 143)), now: epoch)
    _ = planner.handle(.exited(exited("one", "1", code: 143)), now: epoch)
    #expect(planner.status().phase == .succeeded)
  }

  @Test func signalsASidecarThatFailsItsLivenessAtOnce() {
    var planner = running(podWithSidecars())
    let actions = planner.handle(.probed(id: "1", .liveness, .failure), now: epoch)
    #expect(actions.work == [.stopContainer(name: "one", id: "1")])
  }

  @Test func holdsTheNextContainerUpForAPostStartHook() {
    let first = makeContainer("a") {
      $0.lifecycle = Lifecycle { $0.postStart = LifecycleHandler { $0.exec = ExecAction { $0.command = ["true"] } } }
    }
    var planner = PodPlanner(makePod(containers: [first, makeContainer("b")]))
    #expect(planner.bringUp() == [.startContainer(name: "a", attempt: 0)])
    #expect(planner.start("a", "1") == [.runPostStart(name: "a", id: "1")])
    #expect(
      planner.handle(.postStartFinished(id: "1", failure: nil), now: epoch) == [
        .startContainer(name: "b", attempt: 0)
      ])
  }

  @Test func killsAContainerWhosePostStartHookFails() {
    let container = makeContainer("app") {
      $0.lifecycle = Lifecycle { $0.postStart = LifecycleHandler { $0.exec = ExecAction { $0.command = ["false"] } } }
    }
    var planner = PodPlanner(makePod(containers: [container]))
    _ = planner.bringUp()
    _ = planner.start("app", "1")
    let actions = planner.handle(.postStartFinished(id: "1", failure: "the password is wrong"), now: epoch)
    #expect(
      actions.notes == [
        PodNote(isWarning: true, "FailedPostStartHook", "PostStartHook failed", container: "app"),
        PodNote("Killing", "FailedPostStartHook", container: "app"),
      ])
    #expect(actions.work == [.stopContainer(name: "app", id: "1")])
  }

  @Test(arguments: [(300, [0, 10, 20, 40, 80, 160, 300]), (60, [0, 10, 20, 40, 60, 60, 60]), (1, [0, 1, 1, 1, 1, 1, 1])])
  func boundsTheBackOffAsTheNodeSays(maximum: Int, expected: [Int]) {
    var backoff = RestartBackoff(maximumSeconds: maximum)
    let waits = expected.map { _ in
      let wait = backoff.retryAt(failedAt: epoch).secondsSinceEpoch - epoch.secondsSinceEpoch
      backoff.retried(failedAt: epoch, now: epoch)
      return wait
    }
    #expect(waits == expected)
  }

  @Test func shortensTheActiveDeadlineOfARunningPod() {
    var pod = makePod(containers: [makeContainer("app")])
    pod.spec.activeDeadlineSeconds = 600
    var planner = PodPlanner(pod)
    _ = planner.bringUp()
    _ = planner.start("app", "0")
    pod.spec.activeDeadlineSeconds = 5
    #expect(planner.handle(.updated(pod), now: epoch.adding(seconds: 1)).isEmpty)
    #expect(planner.wakeAt == epoch.adding(seconds: 5))
    let actions = planner.handle(.wake, now: epoch.adding(seconds: 5))
    #expect(actions.notes.first?.reason == "DeadlineExceeded")
  }
}
