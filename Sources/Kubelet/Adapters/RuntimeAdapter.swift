import ContainerRuntime
import ImageStore
import protocol KubernetesAPI.ForwardedConnection
import enum KubernetesAPI.RemoteOutput
import struct KubernetesAPI.RemoteStreamOptions
import struct KubernetesAPI.TerminalSize
import struct KubernetesAPI.Timestamp
import class LinuxSystem.EventLoopThread
import struct ShimProtocol.MemoryKill
import Synchronization

/// The container runtime as the node agent sees it: values translated, nothing decided.
package final class RuntimeAdapter: RuntimeService {
  private let runtime: any PodRuntime
  private let images: ImageStore
  /// The stop signals of the containers that were seen.
  private let stopSignals = Mutex<[String: Int32]>([:])
  private static let terminate: Int32 = 15

  package init(_ runtime: any PodRuntime, images: ImageStore) {
    self.runtime = runtime
    self.images = images
  }

  package var loop: EventLoopThread? { runtime.loop }

  package func startSandbox(_ spec: SandboxSpec) async throws -> SandboxFacts {
    SandboxFacts(try await runtime.startSandbox(PodSandboxConfig(spec)))
  }

  package func stopSandbox(uid: String) async throws { try await runtime.stopSandbox(uid: uid) }

  package func startContainer(_ spec: ContainerSpec) async throws -> ObservedContainer {
    guard let image = try images.image(spec.image.id) else {
      throw ContainerStartError(
        reason: "CreateContainerError", message: "image \(spec.image.id) is gone from this node")
    }
    images.markUsed(image.id)
    do {
      return observed(try await runtime.startContainer(ContainerConfig(spec, image: image)))
    } catch let error as RuntimeError {
      throw await startError(error, spec)
    }
  }

  package func stopContainer(id: String) async throws {
    let signal = stopSignals.withLock { $0[id] } ?? Self.terminate
    try await runtime.signalContainer(id: id, signal: signal)
  }

  package func killContainer(id: String) async throws { try await runtime.killContainer(id: id) }

  package func blockers(ofContainer id: String) async -> [String] {
    // A container that is gone meanwhile is held by nothing.
    (try? await runtime.blockers(containerID: id)) ?? []
  }

  package func removeContainer(id: String) async throws {
    stopSignals.withLock { $0[id] = nil }
    try await runtime.removeContainer(id: id)
  }

  package func exec(containerID: String, command: [String], timeoutSeconds: Int) async throws -> ExecOutcome {
    let result = try await runtime.exec(containerID: containerID, command, timeoutSeconds: timeoutSeconds)
    return ExecOutcome(exitCode: result.exitCode, output: result.output, isTimedOut: result.timedOut)
  }

  package func updateContainer(id: String, _ resources: ResourceSpec) async throws {
    try await runtime.updateContainer(id: id, ContainerResources(resources))
  }

  package func updateSandbox(uid: String, _ resources: ResourceSpec) async throws {
    try await runtime.updateSandbox(uid: uid, ContainerResources(resources))
  }

  package func openExec(
    containerID: String, command: [String], _ options: RemoteStreamOptions, size: TerminalSize?
  ) async throws -> any RuntimeSession {
    do {
      return SessionAdapter(
        try await runtime.openExec(containerID: containerID, command, SessionStreams(options, size: size)))
    } catch let error as RuntimeError {
      throw CommandStartError(message: error.message, exitCode: error.reason == .exec ? error.exitCode : nil)
    }
  }

  package func attach(containerID: String, _ options: RemoteStreamOptions) async throws -> any RuntimeSession {
    SessionAdapter(try await runtime.attach(containerID: containerID, SessionStreams(options)))
  }

  package func dial(podUID: String, port: Int) async throws -> any ForwardedConnection {
    ConnectionAdapter(try await runtime.dial(podUID: podUID, port: port))
  }

  package func pods() async throws -> [ObservedPod] {
    try await runtime.pods().map { pod in
      ObservedPod(
        uid: pod.uid, name: pod.name, namespace: pod.namespace, sandbox: SandboxFacts(pod.sandbox),
        containers: pod.containers.map(observed))
    }
  }

  package func events() -> AsyncStream<ObservedEvent> {
    let events = runtime.events()
    let iterator = EventIterator(events.makeAsyncIterator())
    return AsyncStream { [weak self] in
      guard let event = await iterator.next() else { return nil }
      switch event {
      case .containerExited(let uid, let status):
        return self.map { .containerExited(podUID: uid, $0.observed(status)) }
      case .sandboxDied(let uid, let reason): return .sandboxDied(podUID: uid, reason: reason)
      }
    }
  }

  private func observed(_ status: RuntimeContainerStatus) -> ObservedContainer {
    stopSignals.withLock { $0[status.id] = status.isRunning ? status.stopSignal : nil }
    return ObservedContainer(status)
  }

  /// A container that was made and did not run remains with the runtime; its id lets the planner have it removed.
  private func startError(_ error: RuntimeError, _ spec: ContainerSpec) async -> ContainerStartError {
    let isMade = error.reason == .startContainer
    var result = ContainerStartError(
      reason: isMade ? "RunContainerError" : "CreateContainerError", message: error.message, exitCode: error.exitCode)
    guard isMade, let pods = try? await runtime.pods() else { return result }
    result.container = pods.first { $0.uid == spec.podUID }?.containers
      .last { $0.name == spec.name && $0.attempt == spec.attempt }.map(ObservedContainer.init)
    return result
  }
}

/// One reader's place in a stream.
private actor EventIterator {
  private var iterator: AsyncStream<RuntimeEvent>.Iterator

  init(_ iterator: sending AsyncStream<RuntimeEvent>.Iterator) { self.iterator = iterator }

  func next() async -> RuntimeEvent? {
    var iterator = iterator
    defer { self.iterator = iterator }
    return await iterator.next(isolation: self)
  }
}

extension SandboxFacts {
  init(_ status: SandboxStatus) { self.init(networkNamespacePath: status.networkNamespacePath) }
}

extension ObservedContainer {
  init(_ status: RuntimeContainerStatus) {
    self.init(
      id: status.id, podUID: status.podUID, name: status.name, attempt: status.attempt, imageID: status.imageID,
      state: Self.state(status))
    unenforcedLimits = status.unenforcedLimits
  }

  private static func state(_ status: RuntimeContainerStatus) -> State {
    switch status.state {
    case .created: return .running(startedAt: Timestamp(nanosecondsSinceEpoch: Int(status.createdAt)))
    case .running(let startedAt): return .running(startedAt: Timestamp(nanosecondsSinceEpoch: Int(startedAt)))
    case .exited(let info):
      var exit = ContainerExit(
        code: info.code, signal: info.signal.map(Int.init),
        startedAt: Timestamp(nanosecondsSinceEpoch: Int(info.startedAt)),
        finishedAt: Timestamp(nanosecondsSinceEpoch: Int(info.finishedAt)))
      exit.isOutOfMemory = info.oomKilled
      exit.outOfMemory = OutOfMemory(info.memoryKill)
      exit.message = info.message
      if !info.message.isEmpty, info.startedAt == 0 { exit.reason = "StartError" }
      return .exited(exit)
    }
  }
}

extension OutOfMemory {
  fileprivate init?(_ kill: MemoryKill) {
    guard kill.kills > 0 else { return nil }
    self.init(
      level: Level(kill.level), killedProcesses: Int(clamping: kill.kills),
      limitBytes: kill.limitBytes == 0 ? nil : Int(clamping: kill.limitBytes),
      limitHits: Int(clamping: kill.limitHits))
  }
}

extension OutOfMemory.Level {
  fileprivate init(_ level: MemoryKill.Level) {
    switch level {
    case .container: self = .container
    case .pod: self = .pod
    case .allPods: self = .allPods
    case .none, .machine: self = .machine
    }
  }
}
