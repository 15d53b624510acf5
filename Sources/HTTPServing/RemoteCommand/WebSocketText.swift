import Foundation
import KubernetesAPI

/// A stream of one direction (a log) over a WebSocket, for clients that ask for one.
package enum WebSocketText {
  private static let protocols = ["", "binary.k8s.io", "base64.binary.k8s.io"]

  /// Nil when the client wants no WebSocket. Throws 400 and 403 for a bad handshake.
  package static func response(
    to request: APIRequest, stream: @escaping @Sendable (ResponseWriter) async throws -> Void
  ) throws(Status) -> APIResponse? {
    guard request.upgrade == "websocket" else { return nil }
    let handshake = try WebSocketHandshake(request)
    let chosen = try handshake.negotiate(protocols)
    return handshake.response(chosen) { await run($0, isBase64: chosen.hasPrefix("base64"), stream) }
  }

  private enum Event { case left, ended }

  private static func run(
    _ socket: WebSocketConnection, isBase64: Bool, _ stream: @escaping @Sendable (ResponseWriter) async throws -> Void
  ) async {
    let writer = ResponseWriter { bytes in
      let payload = isBase64 ? Array(Data(bytes).base64EncodedData()) : bytes
      try await socket.send(payload, isText: isBase64)
    }
    await withTaskGroup(of: Event.self) { group in
      group.addTask {
        await ignoreInput(socket)
        return .left
      }
      group.addTask {
        do {
          try await stream(writer)
          socket.finish()
        } catch {
          // Broke off in the middle: the connection shows it, as it does without a WebSocket.
          socket.close()
        }
        return .ended
      }
      while let event = await group.next() {
        if event == .left {
          socket.close()
          group.cancelAll()
        }
      }
    }
  }

  /// What the client says is of no interest, only that it is there.
  private static func ignoreInput(_ socket: WebSocketConnection) async {
    do { while try await socket.receive() != nil {} } catch { socket.close() }
  }
}
