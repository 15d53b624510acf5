import Crypto
import Foundation
import KubernetesAPI
import NIOHTTP1

/// The opening handshake of RFC 6455, section 4.2.
struct WebSocketHandshake: Sendable, Equatable {
  private static let identifier = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

  /// The client's subprotocols in order of preference.
  let protocols: [String]
  private let key: String

  /// Throws 400 for a request that is no handshake.
  init(_ request: APIRequest) throws(Status) {
    guard request.method == "GET" else { throw .badRequest("a websocket is opened with GET") }
    guard request.headers.first(name: "sec-websocket-version") == "13" else {
      throw .badRequest("unsupported websocket version: Sec-WebSocket-Version must be 13")
    }
    guard let key = request.headers.first(name: "sec-websocket-key"), Data(base64Encoded: key)?.count == 16 else {
      throw .badRequest("missing or bad Sec-WebSocket-Key")
    }
    self.key = key
    protocols = request.headers[canonicalForm: "sec-websocket-protocol"].map(String.init)
  }

  var accept: String {
    Data(Insecure.SHA1.hash(data: Data((key + Self.identifier).utf8))).base64EncodedString()
  }

  /// The client's first subprotocol that is one of `supported`; empty when it names none and the server can do without
  /// (`supported` then holds the empty name). Throws 403, as upstream answers.
  func negotiate(_ supported: [String]) throws(Status) -> String {
    let wanted = protocols.isEmpty ? [""] : protocols
    if let chosen = wanted.first(where: supported.contains) { return chosen }
    throw Status(
      code: 403, reason: .forbidden,
      message: "unable to upgrade websocket connection: requested protocol(s) are not supported: \(list(protocols)); "
        + "supports \(list(supported))")
  }

  /// 101 with the chosen subprotocol; `run` gets the connection.
  func response(
    _ chosen: String, run: @escaping @Sendable (WebSocketConnection) async -> Void
  ) -> APIResponse {
    var headers: HTTPHeaders = ["sec-websocket-accept": accept]
    if !chosen.isEmpty { headers.add(name: "sec-websocket-protocol", value: chosen) }
    return APIResponse(upgradingTo: "websocket", headers: headers) { await run(WebSocketConnection($0)) }
  }

  private func list(_ names: [String]) -> String { "[\(names.joined(separator: " "))]" }
}
