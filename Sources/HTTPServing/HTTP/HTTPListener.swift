import Logging
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOPosix
import NIOSSL
import NIOTLS
import Synchronization

/// The listening socket and the pipelines of its connections: TLS, then HTTP/2 or HTTP/1.1 as negotiated.
final class HTTPListener: Sendable {
  private let responder: any RequestResponder
  private let tls: ServerTLS
  private let verifier: ClientCertificateVerifier
  private let limits: HTTPLimits
  private let group: MultiThreadedEventLoopGroup
  private let connections = Mutex<[ObjectIdentifier: any Channel]>([:])
  private let logger: Logger

  init(
    responder: any RequestResponder, tls: ServerTLS, verifier: ClientCertificateVerifier, limits: HTTPLimits,
    threads: Int, logger: Logger
  ) {
    self.responder = responder
    self.tls = tls
    self.verifier = verifier
    self.limits = limits
    self.logger = logger
    group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
  }

  /// Listens; connections are accepted when this returns. Port 0 takes any free one.
  func bind(host: String, port: Int) async throws -> any Channel {
    try await ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 512)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.socketOption(.so_keepalive), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try self.configure(channel) }
      }
      .bind(host: host, port: port).get()
  }

  /// Lets running requests end within the grace period, then closes what is left.
  func shutDown(_ listener: (any Channel)?) async {
    try? await listener?.close()
    let open = connections.withLock { Array($0.values) }
    for channel in open { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
    let loop = group.next()
    let force = loop.scheduleTask(in: limits.shutdownGrace) { for channel in open { channel.close(promise: nil) } }
    _ = try? await EventLoopFuture.whenAllComplete(open.map(\.closeFuture), on: loop).get()
    force.cancel()
    try? await group.shutdownGracefully()
  }

  private func configure(_ channel: any Channel) throws {
    let isWelcome = connections.withLock { connections in
      guard connections.count < limits.maximumConnections else { return false }
      connections[ObjectIdentifier(channel)] = channel
      return true
    }
    guard isWelcome else { throw ChannelError.operationUnsupported }
    channel.closeFuture.whenComplete { [self] _ in
      _ = connections.withLock { $0.removeValue(forKey: ObjectIdentifier(channel)) }
    }
    let timeout = channel.eventLoop.scheduleTask(in: limits.headTimeout) { channel.close(promise: nil) }
    channel.closeFuture.whenComplete { _ in timeout.cancel() }
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(tls.makeHandler())
    let negotiation = ApplicationProtocolNegotiationHandler { [self] result, channel in
      timeout.cancel()
      return channel.eventLoop.makeCompletedFuture { try negotiated(result, channel) }
    }
    try pipeline.addHandler(negotiation)
    try pipeline.addHandler(ConnectionErrorHandler())
  }

  private func negotiated(_ result: ALPNResult, _ channel: any Channel) throws {
    let pipeline = channel.pipeline.syncOperations
    var facts = ConnectionFacts()
    facts.remoteAddress = channel.remoteAddress?.ipAddress ?? ""
    if let certificate = try pipeline.handler(type: NIOSSLServerHandler.self).peerCertificate {
      facts.clientCertificate = verifier.verify(der: try certificate.toDERBytes())
    }
    if result == .negotiated("h2") {
      try configureHTTP2(channel, facts)
    } else {
      let codec = HTTP1Codec()
      try codec.add(to: pipeline)
      try pipeline.addHandler(RequestHandler(responder: responder, limits: limits, facts: facts, codec: codec))
    }
  }

  private func configureHTTP2(_ channel: any Channel, _ facts: ConnectionFacts) throws {
    let pipeline = channel.pipeline.syncOperations
    let manager = NIOHTTP2ServerConnectionManagementHandler(
      eventLoop: channel.eventLoop,
      configuration: .init(
        maxIdleTime: limits.idleTimeout, maxAge: nil, maxGraceTime: limits.shutdownGrace,
        keepalive: .init(pingInterval: limits.pingInterval, ackTimeout: limits.pingTimeout)))
    var connection = NIOHTTP2Handler.ConnectionConfiguration()
    connection.initialSettings = [
      HTTP2Setting(parameter: .maxConcurrentStreams, value: limits.maximumStreamsPerConnection),
      HTTP2Setting(parameter: .maxHeaderListSize, value: 64 * 1024),
    ]
    var stream = NIOHTTP2Handler.StreamConfiguration()
    stream.outboundBufferSizeHighWatermark = 64 * 1024
    stream.outboundBufferSizeLowWatermark = 16 * 1024
    _ = try pipeline.configureHTTP2Pipeline(
      mode: .server, connectionConfiguration: connection, streamConfiguration: stream,
      streamDelegate: manager.http2StreamDelegate
    ) { [responder, limits] stream in
      stream.eventLoop.makeCompletedFuture {
        try stream.pipeline.syncOperations.addHandler(HTTP2FramePayloadToHTTP1ServerCodec())
        try stream.pipeline.syncOperations.addHandler(
          RequestHandler(responder: responder, limits: limits, facts: facts, codec: nil))
      }
    }
    try pipeline.addHandler(manager)
    // The connection is active already, so the manager would wait for ever to hear of it.
    manager.channelActive(context: try pipeline.context(handler: manager))
  }
}

/// Closes a connection whose TLS handshake or framing failed. Port scanners and clients that distrust the certificate do
/// that all day, so it is no event worth a line.
private final class ConnectionErrorHandler: ChannelInboundHandler {
  typealias InboundIn = Any

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
