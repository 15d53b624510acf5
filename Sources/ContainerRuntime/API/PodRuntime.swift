import LinuxSystem

/// What the kubelet asks of the machine: pods as sandboxes with containers in them. `ContainerRuntime` does it with the
/// kernel.
package protocol PodRuntime: Sendable {
  /// The thread that hears from the shims. A task that prefers it as its executor goes on there with what they answered.
  var loop: EventLoopThread { get }

  /// Makes the pod's shim, namespaces and cgroup. Asking again for a live sandbox answers the one that is there.
  ///
  /// - Throws: `RuntimeError` with reason `.createSandbox`.
  func startSandbox(_ config: PodSandboxConfig) async throws -> SandboxStatus

  /// Kills what is left in the pod and frees its shim, namespaces, cgroups, mounts and writable layers; logs stay.
  /// A pod that is not there is no error.
  func stopSandbox(uid: String) async throws

  /// Creates and starts a container in one round trip.
  ///
  /// - Throws: `RuntimeError`: `.createContainer` before the process was cloned, `.startContainer` when its set-up or
  ///   exec failed; the container then remains as `.exited` with code 128 (or 127 for a missing program) until removed.
  func startContainer(_ config: ContainerConfig) async throws -> ContainerStatus

  /// Sends a signal to the container's first process.
  func signalContainer(id: String, signal: Int32) async throws

  /// Kills every process of the container at once (`cgroup.kill`).
  func killContainer(id: String) async throws

  /// The processes of a container that the kernel holds in an uninterruptible wait, a phrase for each: number, program
  /// and what it waits in.
  ///
  /// - Throws: `RuntimeError` `.notFound`.
  func blockers(containerID: String) async throws -> [String]

  /// Forgets an exited container and removes its writable layer and cgroup; kills it first when it runs. Logs stay.
  func removeContainer(id: String) async throws

  /// Runs a command inside the container with the container's user, environment, working directory and capabilities.
  func exec(containerID: String, _ command: [String], timeoutSeconds: Int) async throws -> ExecResult

  /// Starts a command as `exec` does, with its streams open to the caller.
  ///
  /// - Throws: `RuntimeError` `.notFound` when the container does not run, `.exec` when the command cannot be started.
  func openExec(containerID: String, _ command: [String], _ streams: SessionStreams) async throws -> ContainerSession

  /// Opens the streams of a running container: its output from now on, and its input where it has one.
  func attach(containerID: String, _ streams: SessionStreams) async throws -> ContainerSession

  /// Connects to a port of the pod's loopback address, IPv4 first.
  ///
  /// - Throws: `RuntimeError` `.unavailable` with why neither answers.
  func dial(podUID: String, port: Int) async throws -> PodConnection

  /// Every pod with a live shim and its containers, also those started before this process was.
  func pods() async throws -> [RuntimePod]

  /// Exits and deaths from now on; each caller gets its own stream of everything.
  func events() -> AsyncStream<RuntimeEvent>

  /// Closes and opens the container's log file again, after something outside has moved it away.
  func reopenLog(containerID: String) async throws

  /// Writes other limits to the cgroup of a container; those that are nil are lifted.
  func updateContainer(id: String, _ resources: ContainerResources) async throws

  /// The same for the pod's own cgroup.
  func updateSandbox(uid: String, _ resources: ContainerResources) async throws

  /// The container's counters as the kernel has them now.
  func statistics(containerID: String) async throws -> ContainerStatistics
}

package enum RuntimeEvent: Sendable, Equatable {
  case containerExited(podUID: String, ContainerStatus)
  /// The pod's shim is gone without having been asked: every container of the pod is dead.
  case sandboxDied(podUID: String, reason: String)
}

/// Why the runtime could not do what it was asked.
package struct RuntimeError: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Reason: String, Sendable {
    /// Shim, namespaces or cgroup of a pod.
    case createSandbox = "FailedCreatePodSandBox"
    /// Before the container's process was there: image layers, user, cgroup, writable layer.
    case createContainer = "CreateContainerError"
    /// In the container's process: mounts, credentials, exec.
    case startContainer = "RunContainerError"
    /// The shim or container is not known.
    case notFound = "NotFound"
    /// The command of an exec could not be started.
    case exec = "ExecError"
    /// The shim does not answer.
    case unavailable = "Unavailable"
  }

  package var reason: Reason
  package var message: String
  /// What a shell would report: 127 for a program that is not there, 126 for one that cannot run, otherwise 128.
  package var exitCode: Int

  package init(_ reason: Reason, _ message: String, exitCode: Int = 128) {
    self.reason = reason
    self.message = message
    self.exitCode = exitCode
  }

  package var description: String { message }
}

/// What a command inside a container said.
package struct ExecResult: Sendable, Equatable {
  package var exitCode: Int
  /// Standard output and error as they came, at most `RuntimeLimits.execOutputBytes`.
  package var output: [UInt8]
  /// The command was killed because its time was up.
  package var timedOut: Bool

  package init(exitCode: Int, output: [UInt8] = [], timedOut: Bool = false) {
    self.exitCode = exitCode
    self.output = output
    self.timedOut = timedOut
  }
}

/// Counters of one container from its cgroup; nil where the controller is not there.
package struct ContainerStatistics: Sendable, Equatable {
  package var cpuUsageMicroseconds: Int
  package var memoryCurrentBytes: Int?
  /// Without the inactive page cache, as the kubelet's `workingSetBytes`.
  package var memoryWorkingSetBytes: Int?
  package var processes: Int?
  /// Of all block devices together.
  package var ioReadBytes: Int?
  package var ioWrittenBytes: Int?

  package init(
    cpuUsageMicroseconds: Int, memoryCurrentBytes: Int? = nil, memoryWorkingSetBytes: Int? = nil, processes: Int? = nil
  ) {
    self.cpuUsageMicroseconds = cpuUsageMicroseconds
    self.memoryCurrentBytes = memoryCurrentBytes
    self.memoryWorkingSetBytes = memoryWorkingSetBytes
    self.processes = processes
  }
}
