import KubernetesAPI

/// A command that runs in a container, or a client of a container's streams. Reading is pulling, and writing returns when
/// the bytes went to the process, so each side holds back the other.
package protocol RuntimeSession: Sendable {
  /// Whether anybody reads what is written.
  var hasInput: Bool { get }
  /// Nil when there will be no more. The streams of a command end with it.
  func read(_ output: RemoteOutput) async throws -> [UInt8]?
  /// Throws when nobody reads any more.
  func write(_ bytes: [UInt8]) async throws
  func closeInput() async throws
  /// Does nothing without a terminal.
  func resize(_ size: TerminalSize) throws
  /// Waits for a command's end.
  func exitCode() async throws -> Int
  /// Kills a command that still runs; leaves a container alone.
  func close()
}

/// A command that could not be started.
package struct CommandStartError: Error, Sendable, Hashable, CustomStringConvertible {
  package var message: String
  /// 127 for a program that is not there, 126 for one that cannot be run, 128 for what failed before; nil when the
  /// container does not run.
  package var exitCode: Int?

  package init(message: String, exitCode: Int?) {
    self.message = message
    self.exitCode = exitCode
  }

  package var description: String { message }
}
