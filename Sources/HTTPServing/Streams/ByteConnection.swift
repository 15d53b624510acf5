import NIOCore

/// Bytes both ways, in order: a connection after its upgrade, or a tunnel inside another protocol. One task reads; any
/// may write.
package protocol ByteConnection: Sendable {
  /// The next bytes; nil when the other side has sent its last or is gone. The connection closes when the task that
  /// waits here is cancelled.
  func read() async throws -> [UInt8]?
  /// Queues bytes behind those of earlier calls; the future tells when they went to the socket.
  func send(_ bytes: [UInt8]) -> EventLoopFuture<Void>
  /// Returns when the connection is closed, by whichever side.
  func waitUntilClosed() async
  func close()
  /// Closes when the other side does, and by itself only after a while. Closing at once while the other side still sends
  /// would reset the connection, and with it what it has not read yet.
  func linger()
}

extension ByteConnection {
  /// Returns when the bytes went to the socket, so a slow reader holds back its writer.
  package func write(_ bytes: [UInt8]) async throws { try await send(bytes).get() }
}

/// The client left, or the connection broke.
package struct ConnectionGone: Error, CustomStringConvertible {
  package init() {}
  package var description: String { "the client closed the connection" }
}
