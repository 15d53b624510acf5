/// What a client of `exec` or `attach` sees and sends, as the node knows it: the wire (WebSocket or SPDY) is behind it.
/// Reading is pulling and writing returns when the bytes went to the socket, so each side holds back the other and
/// nothing is buffered without bound.
package protocol RemoteStreams: Sendable {
  /// The next bytes of standard input; nil when the client has closed its side (half-close). Throws when it is gone.
  func readInput() async throws -> [UInt8]?
  /// The next size of the client's terminal; nil when no more will come.
  func nextTerminalSize() async throws -> TerminalSize?
  /// Throws when the client is gone.
  func write(_ bytes: [UInt8], to output: RemoteOutput) async throws
}

package enum RemoteOutput: Sendable, Hashable {
  case standardOutput
  /// Never with a terminal, which has one output.
  case standardError
}

package struct TerminalSize: Sendable, Hashable {
  package var columns: Int
  package var rows: Int

  package init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
  }
}

/// Which streams a client of `exec` or `attach` asked for (`v1.PodExecOptions`, `v1.PodAttachOptions`).
package struct RemoteStreamOptions: Sendable, Hashable {
  package var stdin = false
  package var stdout = false
  package var stderr = false
  package var tty = false

  package init() {}
}

/// One forwarded connection, seen from the API: what is read comes from the pod.
package protocol ForwardedConnection: Sendable {
  /// Nil when the pod's side has sent its last.
  func read() async throws -> [UInt8]?
  func write(_ bytes: [UInt8]) async throws
  /// Tells the pod's side that nothing more will be written; reading goes on.
  func closeWriting() async throws
  func close() async
}
