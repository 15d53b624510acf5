import KubernetesAPI
import KubernetesClient
import Testing

@testable import Kubelet

@Suite struct StatusTests {
  @Test func tellsANewPodAsPending() {
    let planner = PodPlanner(makePod(containers: [makeContainer("app")]))
    let status = planner.status()
    #expect(status.phase == .pending)
    #expect(status.hostIP == "192.0.2.1")
    #expect(status.qosClass == .bestEffort)
    #expect(status.containerStatuses[0].state.waiting?.reason == "ContainerCreating")
    #expect(status.containerStatuses[0].image == "busybox")
    #expect(condition("Ready", status) == "False ContainersNotReady containers with unready status: [app]")
    #expect(condition("Initialized", status) == "True  ")
    #expect(condition("PodReadyToStartContainers", status) == "False  ")
    #expect(condition("PodScheduled", status) == "True  ")
  }

  @Test func tellsRunningAndReadyAtOnceWithoutProbes() {
    var planner = PodPlanner(makePod(containers: [makeContainer("app")]))
    _ = planner.bringUp()
    _ = planner.start("app", "abc")
    let status = planner.status()
    #expect(status.phase == .running)
    #expect(status.podIP == "10.42.0.5")
    #expect(status.podIPs.map(\.ip) == ["10.42.0.5"])
    #expect(condition("Ready", status) == "True  ")
    #expect(condition("ContainersReady", status) == "True  ")
    #expect(condition("PodReadyToStartContainers", status) == "True  ")
    let container = status.containerStatuses[0]
    #expect(container.ready)
    #expect(container.started == true)
    #expect(container.containerID == "swiftlet://abc")
    #expect(container.image == imageNames.image)
    #expect(container.state.running?.startedAt == epoch)
  }

  @Test func waitsForReadiness() {
    let container = makeContainer("app") {
      $0.readinessProbe = Probe { $0.exec = ExecAction { $0.command = ["true"] } }
    }
    var planner = PodPlanner(makePod(containers: [container]))
    _ = planner.bringUp()
    _ = planner.start("app", "abc")
    #expect(!planner.status().containerStatuses[0].ready)
    _ = planner.handle(.probed(id: "abc", .readiness, .success), now: epoch)
    #expect(planner.status().containerStatuses[0].ready)
    _ = planner.handle(.probed(id: "abc", .readiness, .failure), now: epoch)
    #expect(condition("Ready", planner.status()) == "False ContainersNotReady containers with unready status: [app]")
  }

  @Test func waitsForReadinessGates() {
    var pod = makePod(containers: [makeContainer("app")])
    pod.spec.readinessGates = [PodReadinessGate { $0.conditionType = "example.com/gate" }]
    var planner = PodPlanner(pod)
    _ = planner.bringUp()
    _ = planner.start("app", "abc")
    #expect(
      condition("Ready", planner.status())
        == "False ReadinessGatesNotReady corresponding condition of pod readiness gate \"example.com/gate\" does not exist."
    )
    #expect(condition("ContainersReady", planner.status()) == "True  ")
  }

  @Test func tellsInitContainersAsPodInitializing() {
    var planner = PodPlanner(makePod(containers: [makeContainer("app")], initContainers: [makeContainer("one")]))
    _ = planner.bringUp()
    _ = planner.start("one", "1")
    let status = planner.status()
    #expect(status.containerStatuses[0].state.waiting?.reason == "PodInitializing")
    #expect(
      condition("Initialized", status) == "False ContainersNotInitialized containers with incomplete status: [one]")
  }

  @Test func keepsTheTransitionTimeOfWhatHasNotChanged() {
    var pod = makePod(containers: [makeContainer("app")])
    let early = epoch.adding(seconds: -50)
    pod.status.conditions = [
      PodCondition {
        $0.type = "Ready"
        $0.status = .false
        $0.lastTransitionTime = early
      }
    ]
    var planner = PodPlanner(pod)
    let before = planner.status().conditions.first { $0.type == "Ready" }
    #expect(before?.lastTransitionTime == early)
    _ = planner.bringUp()
    _ = planner.start("app", "1")
    let after = planner.status(now: epoch.adding(seconds: 3)).conditions.first { $0.type == "Ready" }
    #expect(after?.lastTransitionTime == epoch.adding(seconds: 3))
  }

  /// The API's answer may be on its way still: the second calculation must not look like another change.
  @Test func keepsTheTransitionTimeOfWhatItSaidLast() {
    var planner = PodPlanner(makePod(containers: [makeContainer("app")]))
    _ = planner.bringUp()
    _ = planner.start("app", "1")
    let first = planner.status(now: epoch.adding(seconds: 1))
    let second = planner.status(now: epoch.adding(seconds: 2), former: first)
    #expect(condition("Ready", first) == "True  ")
    #expect(second == first)
  }

  @Test(arguments: [
    (0, false, "Completed"), (1, false, "Error"), (137, true, "OOMKilled"),
  ])
  func namesTheEndOfAContainer(code: Int, isOutOfMemory: Bool, reason: String) {
    var planner = PodPlanner(makePod(restartPolicy: .never, containers: [makeContainer("app"), makeContainer("b")]))
    _ = planner.bringUp()
    _ = planner.start("app", "1")
    _ = planner.start("b", "2")
    var container = exited("app", "1", code: code)
    if case .exited(var exit) = container.state {
      exit.isOutOfMemory = isOutOfMemory
      exit.message = "last words"
      container.state = .exited(exit)
    }
    _ = planner.handle(.exited(container), now: epoch)
    let terminated = planner.status().containerStatuses[0].state.terminated
    #expect(terminated?.reason == reason)
    #expect(terminated?.exitCode == code)
    #expect(terminated?.message == "last words")
    #expect(terminated?.containerID == "swiftlet://1")
    #expect(planner.status().phase == .running)
  }

  @Test func endsADeletedPodWhoseImageNeverCame() {
    var pod = makePod(containers: [makeContainer("app")])
    var planner = PodPlanner(pod)
    _ = planner.bringUp()
    _ = planner.handle(
      .startFailed(name: "app", .image(reason: "ErrImagePull", message: "no", backsOff: true)), now: epoch)
    pod.metadata.deletionTimestamp = epoch
    pod.metadata.deletionGracePeriodSeconds = 30
    #expect(planner.handle(.updated(pod), now: epoch) == [.stopSandbox])
    _ = planner.handle(.sandboxStopped, now: epoch)
    let status = planner.status()
    #expect(status.phase == .failed)
    let terminated = status.containerStatuses[0].state.terminated
    #expect(terminated?.reason == "ContainerStatusUnknown")
    #expect(terminated?.exitCode == 137)
    #expect(terminated?.message == "The container could not be located when the pod was terminated")
  }

  @Test func keepsTheEndOfACrashingContainerWhenItsPodGoes() {
    var pod = makePod(containers: [makeContainer("app")])
    var planner = PodPlanner(pod)
    _ = planner.bringUp()
    _ = planner.start("app", "0")
    _ = planner.handle(.exited(exited("app", "0", code: 1)), now: epoch)
    _ = planner.start("app", "1", attempt: 1)
    _ = planner.handle(.exited(exited("app", "1", attempt: 1, code: 3)), now: epoch)
    #expect(planner.status().containerStatuses[0].state.waiting?.reason == "CrashLoopBackOff")
    pod.metadata.deletionTimestamp = epoch
    _ = planner.handle(.updated(pod), now: epoch)
    #expect(planner.status().containerStatuses[0].state.terminated?.exitCode == 3)
  }

  @Test func leavesApplicationsWaitingWhenInitializationFailed() {
    var planner = PodPlanner(
      makePod(restartPolicy: .never, containers: [makeContainer("app")], initContainers: [makeContainer("one")]))
    _ = planner.bringUp()
    _ = planner.start("one", "1")
    _ = planner.handle(.exited(exited("one", "1", code: 1)), now: epoch)
    _ = planner.handle(.sandboxStopped, now: epoch)
    let status = planner.status()
    #expect(status.phase == .failed)
    #expect(status.containerStatuses[0].state.waiting?.reason == "PodInitializing")
    #expect(condition("Ready", status) == "False PodFailed ")
  }

  @Test func boundsTheLastWordsOfAllContainersTogether() {
    var planner = PodPlanner(
      makePod(restartPolicy: .never, containers: (0..<6).map { makeContainer("app\($0)") }))
    _ = planner.bringUp()
    for number in 0..<6 { _ = planner.start("app\(number)", "\(number)") }
    var container = exited("app0", "0", code: 1)
    if case .exited(var exit) = container.state {
      exit.message = String(repeating: "x", count: 4096)
      container.state = .exited(exit)
    }
    _ = planner.handle(.exited(container), now: epoch)
    #expect(planner.status().containerStatuses[0].state.terminated?.message.count == 2048)
  }

  @Test(arguments: [("web", true), (String(repeating: "a", count: 60), false)])
  func refusesHostNamesThatTheKernelDoesNotTake(hostname: String, fits: Bool) {
    var pod = makePod(containers: [makeContainer("app")])
    pod.spec.hostname = hostname
    pod.spec.subdomain = "sub"
    pod.spec.setHostnameAsFQDN = true
    let names = PodNames(pod, clusterDomain: "cluster.local")
    let length = names.kernelHostname.utf8.count
    let complaint =
      "failed to construct FQDN from pod hostname and cluster domain, FQDN \(names.kernelHostname) is too long "
      + "(64 characters is the max, \(length) characters requested)"
    #expect(names.complaint == (fits ? nil : complaint))
  }

  @Test func patchesOnlyWhatDiffers() throws {
    var planner = PodPlanner(makePod(containers: [makeContainer("app")]))
    _ = planner.bringUp()
    let old = planner.status()
    // The API writes an empty last state where there is none.
    var stored = old
    stored.containerStatuses = old.containerStatuses.map { status in
      var json = status.json
      json["lastState"] = .emptyObject
      return ContainerStatus(unchecked: json)
    }
    #expect(stored != old)
    #expect(StatusPatch.make(uid: "u", from: stored, to: old) == nil)
    #expect(StatusPatch.make(uid: "u", from: old, to: old) == nil)
    _ = planner.start("app", "1")
    guard case .strategicMerge(let patch) = StatusPatch.make(uid: "u", from: old, to: planner.status()) else {
      Issue.record("no patch")
      return
    }
    #expect(patch[path: "metadata", "uid"] == "u")
    #expect(Set(patch["status"]?.objectValue?.keys ?? []) == ["conditions", "containerStatuses", "phase"])
    let types = patch[path: "status", "conditions"]?.arrayValue?.compactMap { $0["type"]?.stringValue }
    #expect(types == ["Ready", "ContainersReady"])
  }

  @Test func removesWordsOfAConditionThatAreGone() {
    func ready(_ message: String) -> PodStatus {
      PodStatus {
        $0.conditions = [
          PodCondition {
            $0.type = "Ready"
            $0.status = .false
            $0.message = message
          }
        ]
      }
    }
    guard case .strategicMerge(let patch) = StatusPatch.make(uid: "u", from: ready("unready: [app]"), to: ready("")) else {
      Issue.record("no patch")
      return
    }
    #expect(patch[path: "status", "conditions"]?.arrayValue?.first?["message"] == .null)
  }

  @Test func removesAddressesThatAreGone() {
    let old = PodStatus { $0.podIPs = [PodIP { $0.ip = "10.0.0.1" }] }
    let new = PodStatus { $0.podIPs = [PodIP { $0.ip = "10.0.0.2" }] }
    guard case .strategicMerge(let patch) = StatusPatch.make(uid: "u", from: old, to: new) else {
      Issue.record("no patch")
      return
    }
    #expect(
      patch[path: "status", "podIPs"] == [["ip": "10.0.0.2"], ["$patch": "delete", "ip": "10.0.0.1"]])
  }

  private func condition(_ type: String, _ status: PodStatus) -> String {
    guard let condition = status.conditions.first(where: { $0.type == type }) else { return "none" }
    return "\(condition.status.rawValue) \(condition.reason) \(condition.message)"
  }
}
