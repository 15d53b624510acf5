import KubernetesAPI
import NIOHTTP1

/// A request with its whole body, independent of the protocol version it came by.
package struct APIRequest: Sendable {
  package var method: String
  /// Path and query as they were sent.
  package let target: String
  /// The decoded path.
  package var path: String
  package var query: QueryParameters
  package var headers: HTTPHeaders
  package var body: [UInt8]
  package var connection: ConnectionFacts
  /// What it is about, read off the above.
  package let info: RequestInfo

  package init(
    method: String, target: String, headers: HTTPHeaders = [:], body: [UInt8] = [],
    connection: ConnectionFacts = ConnectionFacts()
  ) {
    let halves = target.utf8.split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
    self.method = method
    self.target = target
    path = PercentEncoding.decode(halves[0])
    query = halves.count > 1 ? QueryParameters(String(decoding: halves[1], as: UTF8.self)) : QueryParameters()
    self.headers = headers
    self.body = body
    self.connection = connection
    info = RequestInfo(method: method, path: path, query: query)
  }

  package var isLongRunning: Bool { info.isLongRunning(query) }

  /// What the client wants the connection to speak instead of HTTP, in lower case; nil when it wants no change.
  package var upgrade: String? {
    guard headers[canonicalForm: "connection"].contains(where: { $0.lowercased() == "upgrade" }) else { return nil }
    return headers.first(name: "upgrade")?.lowercased()
  }

  /// The media type of the body without its parameters, in lower case.
  package var contentType: String {
    let value = headers.first(name: "content-type") ?? ""
    return value.prefix { $0 != ";" }.trimmingSpaces().lowercased()
  }
}

/// What a connection tells about its other end.
package struct ConnectionFacts: Sendable {
  /// The address as text, without port.
  package var remoteAddress = ""
  package var clientCertificate = ClientCertificate.absent

  package init() {}
}

/// What a request is answered with.
package struct APIResponse: Sendable {
  package enum Body: Sendable {
    case bytes([UInt8])
    /// Written piece by piece; ends when the closure returns. The head is flushed before the first piece.
    case stream(@Sendable (ResponseWriter) async throws -> Void)
    /// The connection leaves HTTP and speaks another protocol until the closure returns; then it is closed. HTTP/1.1
    /// alone.
    case upgrade(@Sendable (any ByteConnection) async -> Void)
  }

  package var code: Int
  package var headers: HTTPHeaders
  package var body: Body

  package init(code: Int, headers: HTTPHeaders, _ body: Body) {
    self.code = code
    self.headers = headers
    self.body = body
  }

  package init(code: Int = 200, contentType: String, headers: HTTPHeaders = [:], _ body: [UInt8]) {
    self.code = code
    self.headers = headers
    self.headers.replaceOrAdd(name: "content-type", value: contentType)
    self.body = .bytes(body)
  }

  package init(
    code: Int = 200, contentType: String, stream: @escaping @Sendable (ResponseWriter) async throws -> Void
  ) {
    self.code = code
    headers = ["content-type": contentType]
    body = .stream(stream)
  }

  /// 101: from here on the connection speaks `upgrade` (the name in the header of that name).
  package init(
    upgradingTo upgrade: String, headers: HTTPHeaders, run: @escaping @Sendable (any ByteConnection) async -> Void
  ) {
    code = 101
    self.headers = headers
    self.headers.add(name: "connection", value: "Upgrade")
    self.headers.add(name: "upgrade", value: upgrade)
    body = .upgrade(run)
  }

  package static func json(_ body: [UInt8], code: Int = 200) -> APIResponse {
    APIResponse(code: code, contentType: "application/json", body)
  }

  package static func text(_ body: String, code: Int = 200) -> APIResponse {
    APIResponse(
      code: code, contentType: "text/plain; charset=utf-8", headers: ["x-content-type-options": "nosniff"],
      Array(body.utf8))
  }

  /// A failure as its wire form.
  package static func status(_ status: Status) -> APIResponse {
    var response = json(status.json.bytes, code: status.code)
    if let seconds = status.details?.retryAfterSeconds, seconds > 0 {
      response.headers.add(name: "retry-after", value: String(seconds))
    }
    return response
  }

  package var contentLength: Int? { if case .bytes(let bytes) = body { bytes.count } else { nil } }
}

/// Writes the pieces of a streamed response. A write returns once the piece went to the socket, flow control included,
/// so a slow client holds back its producer and no more than one piece waits here.
package struct ResponseWriter: Sendable {
  private let sink: @Sendable ([UInt8]) async throws -> Void

  package init(_ sink: @escaping @Sendable ([UInt8]) async throws -> Void) { self.sink = sink }

  package func write(_ bytes: [UInt8]) async throws { try await sink(bytes) }
}

extension StringProtocol {
  package func trimmingSpaces() -> String {
    var text = self[...]
    while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return String(text)
  }
}
