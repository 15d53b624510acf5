import KubernetesAPI
import LinuxSystem

/// What the node agent asks of the kernel: sandboxes and containers. The container runtime stands behind it on a node
/// (`Adapters/`), a fake in simulation. Every call may take long; none blocks the caller's thread.
package protocol RuntimeService: Sendable {
  /// The thread that hears from containers, if there is one: a task that runs there has its answer without another thread
  /// being woken.
  var loop: EventLoopThread? { get }
  /// Makes the namespaces of a pod.
  func startSandbox(_ spec: SandboxSpec) async throws -> SandboxFacts
  /// Ends whatever runs in the sandbox and frees its namespaces, cgroups and mounts. No error when there is none.
  func stopSandbox(uid: String) async throws
  /// Creates and starts one container. Throws `ContainerStartError`.
  func startContainer(_ spec: ContainerSpec) async throws -> ObservedContainer
  /// Sends the container's stop signal: the image's, or SIGTERM.
  func stopContainer(id: String) async throws
  /// Kills every process of the container at once.
  func killContainer(id: String) async throws
  /// What keeps a container alive that was killed, a phrase for each of its processes; empty when nothing does.
  func blockers(ofContainer id: String) async -> [String]
  /// Frees the root file system of a container that has exited; its log stays.
  func removeContainer(id: String) async throws
  func exec(containerID: String, command: [String], timeoutSeconds: Int) async throws -> ExecOutcome
  /// Gives a running container other amounts of cpu and memory, as far as the kernel enforces them.
  func updateContainer(id: String, _ resources: ResourceSpec) async throws
  /// The same for the pod as a whole.
  func updateSandbox(uid: String, _ resources: ResourceSpec) async throws
  /// Starts a command with its streams open. Throws `CommandStartError`.
  ///
  /// - Parameter size: of its terminal, when it is to have one and the client has told it.
  func openExec(
    containerID: String, command: [String], _ options: RemoteStreamOptions, size: TerminalSize?
  ) async throws -> any RuntimeSession
  /// Opens the streams of a container that runs.
  func attach(containerID: String, _ options: RemoteStreamOptions) async throws -> any RuntimeSession
  /// Connects to a port of the pod's loopback address. Throws an error whose description says why nothing answers.
  func dial(podUID: String, port: Int) async throws -> any ForwardedConnection
  /// Everything that lives on the node, also from before this agent started.
  func pods() async throws -> [ObservedPod]
  func events() -> AsyncStream<ObservedEvent>
}

extension RuntimeService {
  package var loop: EventLoopThread? { nil }
  package func blockers(ofContainer id: String) async -> [String] { [] }
}

/// What happened on the node without being asked for.
package enum ObservedEvent: Sendable {
  case containerExited(podUID: String, ObservedContainer)
  case sandboxDied(podUID: String, reason: String)

  var podUID: String {
    switch self {
    case .containerExited(let uid, _), .sandboxDied(let uid, _): uid
    }
  }
}

package struct SandboxFacts: Sendable, Hashable {
  package var networkNamespacePath: String
  package init(networkNamespacePath: String) { self.networkNamespacePath = networkNamespacePath }
}

/// A pod as the node holds it.
package struct ObservedPod: Sendable, Hashable {
  package var uid: String
  package var name: String
  package var namespace: String
  /// Nil when the sandbox is gone and only dead containers are remembered.
  package var sandbox: SandboxFacts?
  package var containers: [ObservedContainer]

  package init(
    uid: String, name: String, namespace: String, sandbox: SandboxFacts?, containers: [ObservedContainer]
  ) {
    self.uid = uid
    self.name = name
    self.namespace = namespace
    self.sandbox = sandbox
    self.containers = containers
  }
}

/// One instance of a container: the nth time that a container of this name was started.
package struct ObservedContainer: Sendable, Hashable {
  package enum State: Sendable, Hashable {
    case running(startedAt: Timestamp)
    case exited(ContainerExit)
  }
  package var id: String
  package var podUID: String
  package var name: String
  /// Counts from 0; the restart count of the pod's status.
  package var attempt: Int
  package var imageID: String
  package var state: State
  /// Limits that were asked for and that this kernel cannot enforce (`memory`).
  package var unenforcedLimits: [String] = []

  package init(id: String, podUID: String, name: String, attempt: Int, imageID: String, state: State) {
    self.id = id
    self.podUID = podUID
    self.name = name
    self.attempt = attempt
    self.imageID = imageID
    self.state = state
  }

  package var exit: ContainerExit? { if case .exited(let exit) = state { exit } else { nil } }
  package var isRunning: Bool { exit == nil }
}

/// How a container ended.
package struct ContainerExit: Sendable, Hashable {
  /// As a shell says it: 128 + signal for a death by signal.
  package var code: Int
  package var signal: Int?
  package var startedAt: Timestamp
  package var finishedAt: Timestamp
  package var isOutOfMemory = false
  /// What of the container the kernel killed for want of memory, also where the container outlived it.
  package var outOfMemory: OutOfMemory?
  /// `StartError` and its like when the container never ran; empty otherwise.
  package var reason = ""
  package var message = ""

  package init(code: Int, signal: Int? = nil, startedAt: Timestamp, finishedAt: Timestamp) {
    self.code = code
    self.signal = signal
    self.startedAt = startedAt
    self.finishedAt = finishedAt
  }
}

package struct ExecOutcome: Sendable, Hashable {
  package var exitCode: Int
  /// Standard output and error, bounded by the runtime.
  package var output: [UInt8]
  package var isTimedOut: Bool

  package init(exitCode: Int, output: [UInt8], isTimedOut: Bool = false) {
    self.exitCode = exitCode
    self.output = output
    self.isTimedOut = isTimedOut
  }
}

/// A container that could not be created or started.
package struct ContainerStartError: Error, Sendable, Hashable {
  /// `CreateContainerError` (nothing was made) or `RunContainerError` (it was made, and its first step failed).
  package var reason: String
  package var message: String
  /// What a container that was made but did not run reports: 127 for a missing program, 126 for one that cannot be
  /// executed, 128 otherwise.
  package var exitCode: Int
  /// What was made and failed, when the runtime still has it.
  package var container: ObservedContainer?

  package init(reason: String, message: String, exitCode: Int = 128) {
    self.reason = reason
    self.message = message
    self.exitCode = exitCode
  }
}
