import KubernetesAPI
import NIOHTTP1

/// Answers the requests behind `kubectl exec` and `attach`: agrees with the client on a wire and runs the command on it.
package enum RemoteCommandUpgrade {
  /// Over SPDY, in the server's order.
  private static let protocols = ["v5", "v4", "v3", "v2", ""].map { $0.isEmpty ? "channel.k8s.io" : "\($0).channel.k8s.io" }

  /// `body` runs when the client's streams are there; it returns the command's exit code, or nil when there is none.
  /// Throws 400 and 403 for what is no such request.
  package static func response(
    to request: APIRequest, _ options: RemoteStreamOptions,
    _ body: @escaping @Sendable (any RemoteStreams) async throws -> Int?
  ) throws(Status) -> APIResponse {
    switch request.upgrade {
    case "websocket":
      let handshake = try WebSocketHandshake(request)
      let chosen = try handshake.negotiate(ChannelProtocol.remoteCommand)
      return handshake.response(chosen) { socket in
        await RemoteCommandSession.run(
          WebSocketRemoteCommand(socket, ChannelProtocol(named: chosen), options), body)
      }
    case SPDYHandshake.upgrade:
      let chosen = try SPDYHandshake.negotiate(request, protocols)
      return SPDYHandshake.response(chosen) { connection in
        let version = chosen.hasPrefix("v") ? Int(chosen.dropFirst().prefix(1)) ?? 1 : 1
        await RemoteCommandSession.run(SPDYRemoteCommand(connection, version: version, options), body)
      }
    default: throw .badRequest("Upgrade request required")
    }
  }
}

/// The handshake of SPDY/3.1 as Kubernetes does it: an HTTP/1.1 upgrade, and the protocol of the streams in a header.
enum SPDYHandshake {
  static let upgrade = "spdy/3.1"
  private static let header = "x-stream-protocol-version"

  /// The client's first protocol that is one of `supported`. Throws 400 when it names none, 403 when none fits.
  static func negotiate(_ request: APIRequest, _ supported: [String]) throws(Status) -> String {
    let wanted = request.headers[canonicalForm: header].map(String.init)
    guard !wanted.isEmpty else { throw .badRequest("unable to upgrade: X-Stream-Protocol-Version is required") }
    if let chosen = wanted.first(where: supported.contains) { return chosen }
    throw Status(
      code: 403, reason: .forbidden,
      message: "unable to upgrade: unable to negotiate protocol: client supports [\(wanted.joined(separator: " "))], "
        + "server accepts [\(supported.joined(separator: " "))]")
  }

  static func response(
    _ chosen: String, run: @escaping @Sendable (SPDYConnection) async -> Void
  ) -> APIResponse {
    APIResponse(upgradingTo: "SPDY/3.1", headers: [header: chosen]) { await run(SPDYConnection($0)) }
  }
}
