import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Another HTTP server to which a request is passed on: a pod, an endpoint of a Service, the port of a node. Each request
/// has a connection of its own, since it may leave HTTP.
package struct HTTPBackend: Sendable {
  package enum Security: Sendable {
    case plain
    /// Whoever answers is believed, as upstream's proxy does for pods and Services.
    case unverified
    case verified(BackendIdentity)
  }

  package var host: String
  package var port: Int
  package var security: Security

  private static let connectTimeout = TimeAmount.seconds(30)

  package init(host: String, port: Int, security: Security) {
    self.host = host
    self.port = port
    self.security = security
  }

  /// Sends the request and answers with what comes back, as it comes; a change of protocol is passed on. Throws when the
  /// server cannot be reached or answers no HTTP.
  package func response(to head: HTTPRequestHead, body: [UInt8]) async throws -> APIResponse {
    let connection = try await connect()
    do {
      return try await connection.exchange(head, body)
    } catch {
      connection.close()
      throw error
    }
  }

  private func connect() async throws -> BackendConnection {
    let context = try security.context
    return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connectTimeout(Self.connectTimeout)
      .channelOption(.autoRead, value: false)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .connect(host: host, port: port) { channel in
        channel.eventLoop.makeCompletedFuture { try BackendConnection(channel, context) }
      }
  }
}

/// How we show ourselves to a server of the cluster, and whom we believe.
package struct BackendIdentity: Sendable {
  package var certificateAuthorityPEM: String
  package var client: KeyPair

  package init(certificateAuthorityPEM: String, client: KeyPair) {
    self.certificateAuthorityPEM = certificateAuthorityPEM
    self.client = client
  }
}

extension HTTPBackend.Security {
  fileprivate var context: NIOSSLContext? {
    get throws {
      var configuration = TLSConfiguration.makeClientConfiguration()
      configuration.applicationProtocols = ["http/1.1"]
      switch self {
      case .plain: return nil
      case .unverified: configuration.certificateVerification = .none
      case .verified(let identity):
        configuration.trustRoots = .certificates(
          try NIOSSLCertificate.fromPEMBytes(Array(identity.certificateAuthorityPEM.utf8)))
        configuration.certificateChain = try NIOSSLCertificate.fromPEMBytes(
          Array(identity.client.certificatePEM.utf8)
        ).map { .certificate($0) }
        configuration.privateKey = .privateKey(
          try NIOSSLPrivateKey(bytes: Array(identity.client.keyPEM.utf8), format: .pem))
      }
      return try NIOSSLContext(configuration: configuration)
    }
  }
}

/// One connection to a backend, for one request.
private struct BackendConnection: Sendable {
  fileprivate struct Handlers {
    let encoder = HTTPRequestEncoder()
    let decoder = ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .forwardBytes))
    let parts: PullHandler<HTTPClientResponsePart>
  }

  private let channel: any Channel
  private let handlers: NIOLoopBound<Handlers>

  /// On the channel's event loop.
  init(_ channel: any Channel, _ tls: NIOSSLContext?) throws {
    self.channel = channel
    let handlers = Handlers(parts: PullHandler(eventLoop: channel.eventLoop))
    let pipeline = channel.pipeline.syncOperations
    if let tls { try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: nil)) }
    try pipeline.addHandlers([handlers.encoder, handlers.decoder, handlers.parts])
    self.handlers = NIOLoopBound(handlers, eventLoop: channel.eventLoop)
  }

  func close() { channel.close(promise: nil) }

  func exchange(_ head: HTTPRequestHead, _ body: [UInt8]) async throws -> APIResponse {
    channel.write(HTTPClientRequestPart.head(head), promise: nil)
    if !body.isEmpty { channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: body))), promise: nil) }
    channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
    guard case .head(let answer) = try await next() else { throw BackendError.noAnswer }
    if answer.status == .switchingProtocols { return try await upgraded(answer) }
    if head.method == .HEAD {
      close()
      return APIResponse(code: Int(answer.status.code), headers: answer.headers, .bytes([]))
    }
    return APIResponse(
      code: Int(answer.status.code), headers: answer.headers,
      .stream { writer in
        defer { close() }
        try await copy(to: writer)
      })
  }

  private func next() async throws -> HTTPClientResponsePart? {
    try await withTaskCancellationHandler {
      try await channel.eventLoop.flatSubmit { handlers.value.parts.next() }.get()
    } onCancel: {
      close()
    }
  }

  private func copy(to writer: ResponseWriter) async throws {
    while let part = try await next() {
      switch part {
      case .head: break
      case .body(let buffer): try await writer.write(Array(buffer: buffer))
      case .end: return
      }
    }
    throw BackendError.brokenOff
  }

  private func upgraded(_ answer: HTTPResponseHead) async throws -> APIResponse {
    guard case .end = try await next() else { throw BackendError.noAnswer }
    let backend = try await channel.eventLoop.submit { try leaveHTTP() }.get()
    var headers = answer.headers
    let name = headers.first(name: "upgrade") ?? ""
    for header in ["upgrade", "connection"] { headers.remove(name: header) }
    return APIResponse(upgradingTo: name, headers: headers) { await ByteSplice.run($0, backend) }
  }

  private func leaveHTTP() throws -> UpgradedChannel {
    let pipeline = channel.pipeline.syncOperations
    let bytes = PullHandler<ByteBuffer>(eventLoop: channel.eventLoop)
    try pipeline.addHandler(bytes)
    let handlers = handlers.value
    pipeline.removeHandler(handlers.parts, promise: nil)
    pipeline.removeHandler(handlers.encoder, promise: nil)
    pipeline.removeHandler(handlers.decoder, promise: nil)
    return UpgradedChannel(
      channel: channel, handler: NIOLoopBound(bytes, eventLoop: channel.eventLoop), lingerTimeout: .seconds(2))
  }
}

package enum BackendError: Error, CustomStringConvertible {
  case noAnswer
  case brokenOff

  package var description: String {
    switch self {
    case .noAnswer: "the server closed the connection without an answer"
    case .brokenOff: "the server closed the connection in the middle of its answer"
    }
  }
}

/// Connects two connections; when one of them ends, both do.
enum ByteSplice {
  static func run(_ one: any ByteConnection, _ other: any ByteConnection) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await copy(one, other) }
      group.addTask { await copy(other, one) }
      await group.next()
      one.close()
      other.close()
    }
  }

  /// How one side ended is of no interest to the other, only that it did.
  private static func copy(_ source: any ByteConnection, _ sink: any ByteConnection) async {
    do { while let bytes = try await source.read() { try await sink.write(bytes) } } catch {}
  }
}
