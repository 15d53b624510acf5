import KubernetesAPI

@testable import Kubelet

let epoch = Timestamp(secondsSinceEpoch: 1_000_000)

func makePod(
  _ name: String = "web", restartPolicy: RestartPolicy = .always, grace: Int = 30, containers: [Container],
  initContainers: [Container] = []
) -> Pod {
  Pod.make {
    $0.metadata.name = name
    $0.metadata.namespace = "default"
    $0.metadata.uid = "uid-\(name)"
    $0.spec.restartPolicy = restartPolicy
    $0.spec.terminationGracePeriodSeconds = grace
    $0.spec.containers = containers
    $0.spec.initContainers = initContainers
  }
}

func makeContainer(_ name: String, _ build: (inout Container) -> Void = { _ in }) -> Container {
  Container {
    $0.name = name
    $0.image = "busybox"
    build(&$0)
  }
}

func running(_ name: String, _ id: String, attempt: Int = 0, at time: Timestamp = epoch) -> ObservedContainer {
  ObservedContainer(
    id: id, podUID: "uid-web", name: name, attempt: attempt, imageID: "sha256:1", state: .running(startedAt: time))
}

func exited(_ name: String, _ id: String, attempt: Int = 0, code: Int, at time: Timestamp = epoch) -> ObservedContainer
{
  ObservedContainer(
    id: id, podUID: "uid-web", name: name, attempt: attempt, imageID: "sha256:1",
    state: .exited(ContainerExit(code: code, startedAt: time, finishedAt: time)))
}

let imageNames = ImageNames(image: "docker.io/library/busybox:latest", imageID: "sha256:1")

extension PodPlanner {
  init(_ pod: Pod, now: Timestamp = epoch) { self.init(PodState(pod: pod, now: now)) }

  /// Up to the point where the first containers are asked for.
  mutating func bringUp(now: Timestamp = epoch) -> [PodAction] {
    _ = handle(.wake, now: now)
    _ = handle(.volumesReady, now: now)
    return handle(.sandboxStarted(SandboxFacts(networkNamespacePath: "/ns"), addresses: ["10.42.0.5"]), now: now)
  }

  mutating func start(_ name: String, _ id: String, attempt: Int = 0, now: Timestamp = epoch) -> [PodAction] {
    handle(.started(running(name, id, attempt: attempt, at: now), imageNames), now: now)
  }

  func status(now: Timestamp = epoch, former: PodStatus? = nil) -> PodStatus {
    StatusCalculator(state, hostIP: "192.0.2.1", now: now, former: former).status()
  }
}

extension [PodAction] {
  /// Without events.
  var work: [PodAction] { filter { if case .record = $0 { false } else { true } } }

  var notes: [PodNote] { compactMap { if case .record(let note) = $0 { note } else { nil } } }
}
