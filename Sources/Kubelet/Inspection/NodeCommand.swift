import ContainerRuntime
import KubernetesAPI

/// A command in a container of this machine, with the caller's streams: the pod's shim runs it, with no server and no agent
/// in between.
package struct NodeCommand: Sendable {
  private let runtime: any PodRuntime
  private let containerID: String
  private let command: [String]
  private let options: RemoteStreamOptions

  package init(_ runtime: any PodRuntime, containerID: String, _ command: [String], _ options: RemoteStreamOptions) {
    self.runtime = runtime
    self.containerID = containerID
    self.command = command
    self.options = options
  }

  /// Its exit code, once all its output is written. A task that is cancelled kills it.
  ///
  /// - Parameter size: of its terminal from the beginning.
  /// - Throws: `RuntimeError` `.exec` when it cannot be started, and what the streams throw.
  package func run(_ streams: any RemoteStreams, size: TerminalSize?) async throws -> Int {
    let session = SessionAdapter(
      try await runtime.openExec(containerID: containerID, command, SessionStreams(options, size: size)))
    return try await SessionPump(session: session, streams: streams, options: options, inputEnd: .closesInput).runCommand()
  }
}
