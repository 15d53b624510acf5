import KubernetesAPI
import Testing

@testable import Kubelet

@Suite struct EphemeralContainerTests {
  private func adding(_ names: [String], to pod: Pod) -> Pod {
    var pod = pod
    pod.spec.ephemeralContainers = names.map { name in
      EphemeralContainer {
        $0.name = name
        $0.image = "busybox"
        $0.targetContainerName = "app"
      }
    }
    return pod
  }

  private func running(_ pod: Pod) -> PodPlanner {
    var planner = PodPlanner(pod)
    _ = planner.bringUp()
    _ = planner.start("app", "1")
    return planner
  }

  @Test func runsBesideTheContainersOfARunningPod() {
    let pod = makePod(containers: [makeContainer("app")])
    var planner = running(pod)
    let actions = planner.handle(.updated(adding(["debug"], to: pod)), now: epoch)
    #expect(actions == [.startContainer(name: "debug", attempt: 0)])
    #expect(planner.status().ephemeralContainerStatuses[0].state.waiting?.reason == "ContainerCreating")
    _ = planner.start("debug", "2")
    let status = planner.status()
    #expect(status.ephemeralContainerStatuses.map(\.name) == ["debug"])
    #expect(status.ephemeralContainerStatuses[0].state.running != nil)
    #expect(!status.ephemeralContainerStatuses[0].ready)
    #expect(status.containerStatuses.map(\.name) == ["app"])
    #expect(status.conditions.first { $0.type == "Ready" }?.status == .true)
    #expect(planner.state.pod.fieldPath(container: "debug") == "spec.ephemeralContainers{debug}")
  }

  @Test(arguments: [0, 1]) func isNeverStartedAgain(code: Int) {
    let pod = makePod(containers: [makeContainer("app")])
    var planner = running(pod)
    _ = planner.handle(.updated(adding(["debug"], to: pod)), now: epoch)
    _ = planner.start("debug", "2")
    #expect(planner.handle(.exited(exited("debug", "2", code: code)), now: epoch).isEmpty)
    #expect(planner.status().phase == .running)
    #expect(planner.status().ephemeralContainerStatuses[0].state.terminated?.exitCode == code)
    // A second one is added beside it.
    let actions = planner.handle(.updated(adding(["debug", "more"], to: pod)), now: epoch)
    #expect(actions == [.startContainer(name: "more", attempt: 0)])
  }

  @Test func endsWithItsPod() {
    var pod = makePod(restartPolicy: .never, containers: [makeContainer("app")])
    var planner = running(pod)
    pod = adding(["debug"], to: pod)
    _ = planner.handle(.updated(pod), now: epoch)
    _ = planner.start("debug", "2")
    let actions = planner.handle(.exited(exited("app", "1", code: 0)), now: epoch)
    #expect(actions.work == [.stopContainer(name: "debug", id: "2")])
    #expect(planner.handle(.exited(exited("debug", "2", code: 143)), now: epoch) == [.stopSandbox])
    #expect(planner.status().phase == .succeeded)
  }

  @Test func helpsWithAnInitContainerThatHangs() {
    let pod = makePod(containers: [makeContainer("app")], initContainers: [makeContainer("one")])
    var planner = PodPlanner(pod)
    _ = planner.bringUp()
    _ = planner.start("one", "1")
    let actions = planner.handle(.updated(adding(["debug"], to: pod)), now: epoch)
    #expect(actions == [.startContainer(name: "debug", attempt: 0)])
    #expect(planner.status().phase == .pending)
  }

  @Test func isFoundAgainByANewAgent() {
    let pod = adding(["debug"], to: makePod(containers: [makeContainer("app")]))
    let observed = ObservedPod(
      uid: "uid-web", name: "web", namespace: "default", sandbox: SandboxFacts(networkNamespacePath: "/ns"),
      containers: [alive("app", "1"), exited("debug", "2", code: 3)])
    var planner = PodPlanner(PodState(recovering: pod, observed: observed, addresses: ["10.0.0.1"], now: epoch))
    _ = planner.handle(.wake, now: epoch)
    #expect(planner.handle(.volumesReady, now: epoch).isEmpty)
    #expect(planner.status().ephemeralContainerStatuses[0].state.terminated?.exitCode == 3)
  }

  private func alive(_ name: String, _ id: String) -> ObservedContainer {
    ObservedContainer(
      id: id, podUID: "uid-web", name: name, attempt: 0, imageID: "sha256:1", state: .running(startedAt: epoch))
  }
}
