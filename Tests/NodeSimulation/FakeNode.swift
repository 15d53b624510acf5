import Kubelet
import KubernetesAPI
import KubernetesClient
import Synchronization

/// Runtime, images and network of a node without a kernel. Containers run until they are told to end; their state
/// outlives the agent, as it does on a node.
package final class FakeNode: RuntimeService, ImageService, PodNetworking {
  private struct State {
    var pods: [String: ObservedPod] = [:]
    var subscribers: [AsyncStream<ObservedEvent>.Continuation] = []
    var nextID = 0
    var starts: [String] = []
    var specs: [ContainerSpec] = []
    var execs: [[String]] = []
    var execExitCode = 0
    /// Of commands in single containers.
    var execExitCodes: [String: Int] = [:]
    var images: Set<String> = ["busybox"]
    var maximumRunning: [String: Int] = [:]
    var resized: [String: ResourceSpec] = [:]
    var afterLook: (@Sendable (FakeNode) -> Void)?
    var commandFailure: CommandStartError?
    var listeningPorts: Set<Int> = []
    var sessions: [FakeSession] = []
  }

  private let state = Mutex(State())
  private let waiters = Waiters()

  /// Containers of different nodes are different ones, as a server that has seen both must find.
  private static let nodes = Atomic<Int>(0)
  private let number = FakeNode.nodes.wrappingAdd(1, ordering: .relaxed).newValue

  /// What every pod here gets as its address.
  private let address: String

  package init(address: String = "127.0.0.1") { self.address = address }

  package var starts: [String] { state.withLock { $0.starts } }
  /// What containers were started with, in order.
  package var specs: [ContainerSpec] { state.withLock { $0.specs } }
  package var execs: [[String]] { state.withLock { $0.execs } }
  package func setExecExitCode(_ code: Int) { state.withLock { $0.execExitCode = code } }
  package func setExecExitCode(_ code: Int, containerID: String) {
    state.withLock { $0.execExitCodes[containerID] = code }
  }
  package func add(image: String) { _ = state.withLock { $0.images.insert(image) } }
  package func forget(podUID: String) { state.withLock { $0.pods[podUID] = nil } }

  package func runningID(_ uid: String, _ name: String) -> String? {
    state.withLock { $0.pods[uid]?.containers.last { $0.name == name && $0.exit == nil }?.id }
  }

  /// Every container that runs now, by pod and name.
  package var running: [(podUID: String, name: String, id: String)] {
    state.withLock { state in
      state.pods.values.flatMap(\.containers).filter(Self.isRunning).map { ($0.podUID, $0.name, $0.id) }
        .sorted { $0.id < $1.id }
    }
  }

  private static func isRunning(_ container: ObservedContainer) -> Bool { container.exit == nil }

  package func startSandbox(_ spec: SandboxSpec) async throws -> SandboxFacts {
    let facts = SandboxFacts(networkNamespacePath: "/proc/1/ns/net")
    state.withLock {
      $0.pods[spec.uid] = ObservedPod(
        uid: spec.uid, name: spec.name, namespace: spec.namespace, sandbox: facts, containers: [])
    }
    return facts
  }

  package func stopSandbox(uid: String) async throws { state.withLock { $0.pods[uid] = nil } }

  package func startContainer(_ spec: ContainerSpec) async throws -> ObservedContainer {
    if spec.arguments.first == "/nope" {
      throw ContainerStartError(
        reason: "RunContainerError", message: "exec: \"/nope\": stat /nope: no such file or directory", exitCode: 127)
    }
    defer { waiters.wake() }
    return state.withLock { state in
      state.nextID += 1
      let container = ObservedContainer(
        id: "node\(number)-id\(state.nextID)", podUID: spec.podUID, name: spec.name, attempt: spec.attempt, imageID: spec.image.id,
        state: .running(startedAt: .now()))
      state.pods[spec.podUID]?.containers.append(container)
      state.specs.append(spec)
      state.starts.append("\(spec.name)/\(spec.attempt)")
      return container
    }
  }

  /// Returns once a container was started: `name/attempt`.
  package func waitForStart(_ start: String) async throws {
    try await waiters.wait(lastSeen: { "started were \(self.starts)" }, until: { self.starts.contains(start) })
  }

  package func stopContainer(id: String) async throws { exit(id, code: 143) }
  package func killContainer(id: String) async throws { exit(id, code: 137) }

  package func removeContainer(id: String) async throws {
    state.withLock { state in
      for uid in state.pods.keys { state.pods[uid]?.containers.removeAll { $0.id == id } }
    }
  }

  /// The container ends by itself.
  package func exit(_ id: String, code: Int) {
    let (event, subscribers) = state.withLock { state -> (ObservedEvent?, [AsyncStream<ObservedEvent>.Continuation]) in
      for (uid, pod) in state.pods {
        guard let position = pod.containers.firstIndex(where: { $0.id == id && $0.exit == nil }) else { continue }
        let exit = ContainerExit(code: code, startedAt: .now(), finishedAt: .now())
        state.pods[uid]?.containers[position].state = .exited(exit)
        return (state.pods[uid].map { .containerExited(podUID: uid, $0.containers[position]) }, state.subscribers)
      }
      return (nil, [])
    }
    if let event { for subscriber in subscribers { subscriber.yield(event) } }
  }

  package func exec(containerID: String, command: [String], timeoutSeconds: Int) async throws -> ExecOutcome {
    state.withLock { state in
      state.execs.append(command)
      let code = state.execExitCodes[containerID] ?? state.execExitCode
      return ExecOutcome(exitCode: code, output: Array("not well".utf8))
    }
  }

  package var sessions: [FakeSession] { state.withLock { $0.sessions } }
  package func setCommandFailure(_ failure: CommandStartError?) { state.withLock { $0.commandFailure = failure } }
  package func listen(onPort port: Int) { _ = state.withLock { $0.listeningPorts.insert(port) } }

  package func openExec(
    containerID: String, command: [String], _ options: RemoteStreamOptions, size: TerminalSize?
  ) async throws -> any RuntimeSession {
    if let failure = state.withLock({ $0.commandFailure }) { throw failure }
    return remember(FakeSession(command: command, options, size: size))
  }

  package func attach(containerID: String, _ options: RemoteStreamOptions) async throws -> any RuntimeSession {
    remember(FakeSession(command: [], options))
  }

  private func remember(_ session: FakeSession) -> FakeSession {
    state.withLock { $0.sessions.append(session) }
    return session
  }

  package func dial(podUID: String, port: Int) async throws -> any ForwardedConnection {
    guard state.withLock({ $0.listeningPorts.contains(port) }) else { throw FakeRefusal() }
    return FakeConnection()
  }

  package func updateContainer(id: String, _ resources: ResourceSpec) async throws {
    state.withLock { $0.resized[id] = resources }
  }

  package func updateSandbox(uid: String, _ resources: ResourceSpec) async throws {
    state.withLock { $0.resized[uid] = resources }
  }

  /// What a container or pod was given last while it ran.
  package func resized(_ id: String) -> ResourceSpec? { state.withLock { $0.resized[id] } }

  package func pods() async throws -> [ObservedPod] {
    let (pods, after) = state.withLock { state in
      defer { state.afterLook = nil }
      return (Array(state.pods.values), state.afterLook)
    }
    after?(self)
    return pods
  }

  /// Something that happens once, right after somebody has asked for all pods.
  package func afterNextLook(_ body: @escaping @Sendable (FakeNode) -> Void) { state.withLock { $0.afterLook = body } }

  package func events() -> AsyncStream<ObservedEvent> {
    let (stream, continuation) = AsyncStream<ObservedEvent>.makeStream()
    state.withLock { $0.subscribers.append(continuation) }
    return stream
  }

  package func image(_ reference: String) async throws -> ImageFacts? {
    state.withLock { $0.images.contains(reference) } ? facts(reference) : nil
  }

  package func pull(_ reference: String, secrets: [PullSecret]) async throws -> ImageFacts {
    throw ImageError(.pullFailed, "\(reference): not found")
  }

  package func images() async throws -> [ImageFacts] { [facts("busybox")] }
  package func lastUses() async throws -> [String: Int] { [:] }
  package func remove(imageIDs: [String]) async throws {}

  private func facts(_ reference: String) -> ImageFacts {
    var facts = ImageFacts(id: "sha256:1")
    facts.names = ["docker.io/library/\(reference):latest"]
    facts.command = ["sh"]
    return facts
  }

  package func attach(podUID: String, networkNamespacePath: String, hostPorts: [HostPortSpec]) async throws -> [String] {
    [address]
  }
  package func addresses(ofPod uid: String) async -> [String] { [address] }
  package func detach(podUID: String) async throws {}
  package func reconcile(livePodUIDs: Set<String>) async throws -> [String] { [] }
  package func counters() async throws -> [String: InterfaceCounters] { [:] }
}
