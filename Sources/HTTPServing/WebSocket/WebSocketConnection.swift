import NIOCore
import Synchronization

/// The server's end of a WebSocket: messages both ways. One task receives; any may send.
final class WebSocketConnection: Sendable {
  private let connection: any ByteConnection
  private let decoder = Mutex(WebSocketDecoder())

  init(_ connection: any ByteConnection) { self.connection = connection }

  /// The next message; nil when the client has closed or is gone. Pings are answered on the way. A client that breaks
  /// the protocol is told so and cut off.
  func receive() async throws -> (payload: [UInt8], isText: Bool)? {
    do {
      while true {
        if let event = try decoder.withLock({ (decoder) throws(WebSocketError) in try decoder.next() }) {
          switch event {
          case .message(let payload, let isText): return (payload, isText)
          case .ping(let payload): try await send(WebSocketFrame(.pong, payload))
          case .pong: break
          case .close(let code):
            try await send(code.map { .close($0) } ?? WebSocketFrame(.close, []))
            return nil
          }
        } else {
          guard let bytes = try await connection.read() else { return nil }
          decoder.withLock { $0.append(bytes) }
        }
      }
    } catch let error as WebSocketError {
      _ = connection.send(WebSocketFrame.close(error.closeCode).bytes)
      connection.linger()
      throw error
    }
  }

  func send(_ payload: [UInt8], isText: Bool = false) async throws {
    try await send(WebSocketFrame(isText ? .text : .binary, payload))
  }

  /// Queues a message; the future tells when it went to the socket.
  func queue(_ payload: [UInt8]) -> EventLoopFuture<Void> {
    connection.send(WebSocketFrame(.binary, payload).bytes)
  }

  /// Says good-bye; the client closes the connection.
  func finish() {
    _ = connection.send(WebSocketFrame.close(1000).bytes)
    connection.linger()
  }

  func close() { connection.close() }

  func waitUntilClosed() async { await connection.waitUntilClosed() }

  private func send(_ frame: WebSocketFrame) async throws { try await connection.write(frame.bytes) }
}

/// Bytes in binary messages: what `SPDY/3.1+portforward.k8s.io` runs SPDY through (KEP-4006).
struct WebSocketTunnel: ByteConnection {
  let socket: WebSocketConnection

  func read() async throws -> [UInt8]? {
    while let (payload, _) = try await socket.receive() {
      if !payload.isEmpty { return payload }
    }
    return nil
  }

  func send(_ bytes: [UInt8]) -> EventLoopFuture<Void> { socket.queue(bytes) }
  func waitUntilClosed() async { await socket.waitUntilClosed() }
  func close() { socket.close() }
  func linger() { socket.finish() }
}
