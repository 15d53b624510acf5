import KubernetesAPI
import Synchronization

/// Answers the request behind `kubectl port-forward`.
package enum PortForwardUpgrade {
  /// Dials one port of the pod.
  package typealias Dial = @Sendable (_ port: Int) async throws -> any ForwardedConnection

  private static let protocolName = "portforward.k8s.io"
  private static let tunnel = "SPDY/3.1+portforward.k8s.io"

  /// `pod` and `uid` name the pod in messages. Throws 400 and 403 for what is no such request.
  package static func response(
    to request: APIRequest, pod: String, uid: String, _ dial: @escaping Dial
  ) throws(Status) -> APIResponse {
    let forwarder = PortForwarder(pod: pod, uid: uid, dial: dial)
    switch request.upgrade {
    case "websocket":
      let handshake = try WebSocketHandshake(request)
      let chosen = try handshake.negotiate([tunnel] + ChannelProtocol.portForward)
      guard chosen != tunnel else {
        return handshake.response(chosen) { socket in
          await SPDYPortForward(SPDYConnection(WebSocketTunnel(socket: socket)), forwarder).run()
        }
      }
      let ports = try ports(request.query.all("ports"))
      return handshake.response(chosen) { socket in
        await WebSocketPortForward(socket, ChannelProtocol(named: chosen), ports, forwarder).run()
      }
    case SPDYHandshake.upgrade:
      let chosen = try SPDYHandshake.negotiate(request, [protocolName])
      return SPDYHandshake.response(chosen) { await SPDYPortForward($0, forwarder).run() }
    default: throw .badRequest("Upgrade request required")
    }
  }

  /// Upstream's words for what is wrong with the ports of a WebSocket.
  static func ports(_ values: [String]) throws(Status) -> [Int] {
    guard !values.isEmpty else { throw .badRequest("query parameter \"ports\" is required") }
    var ports: [Int] = []
    for value in values {
      guard !value.isEmpty else { throw .badRequest("query parameter \"ports\" cannot be empty") }
      for part in value.split(separator: ",", omittingEmptySubsequences: false) {
        guard let port = UInt16(part) else {
          throw .badRequest("unable to parse \"\(value)\" as a port: strconv.ParseUint: parsing \"\(part)\": invalid syntax")
        }
        guard port > 0 else { throw .badRequest("port \"\(value)\" must be > 0") }
        ports.append(Int(port))
      }
    }
    guard ports.count <= maximumPorts else { throw .badRequest("more than \(maximumPorts) ports in one connection") }
    return ports
  }

  /// Two channels each, numbered by one byte.
  private static let maximumPorts = 127
}

/// Connects a client's stream with a port of the pod.
struct PortForwarder: Sendable {
  let pod: String
  let uid: String
  let dial: PortForwardUpgrade.Dial

  /// Runs until the pod's side has sent its last. Returns what to tell the client when it fails.
  func forward(
    _ port: Int, read: @escaping @Sendable () async throws -> [UInt8]?,
    write: @escaping @Sendable ([UInt8]) async throws -> Void
  ) async -> String? {
    do {
      let connection = try await dial(port)
      do {
        try await copy(connection, read, write)
        await connection.close()
        return nil
      } catch {
        await connection.close()
        throw error
      }
    } catch {
      return "error forwarding port \(port) to pod \(pod), uid \(uid): \(error)"
    }
  }

  private func copy(
    _ connection: any ForwardedConnection, _ read: @escaping @Sendable () async throws -> [UInt8]?,
    _ write: @escaping @Sendable ([UInt8]) async throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        while let bytes = try await read() { try await connection.write(bytes) }
        try await connection.closeWriting()
        return false
      }
      group.addTask {
        while let bytes = try await connection.read() { try await write(bytes) }
        return true
      }
      while let isOver = try await group.next() {
        if isOver { group.cancelAll(); break }
      }
    }
  }
}
