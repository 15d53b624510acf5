import KubernetesAPI
import NIOCore
import NIOHTTP1

/// Answers requests: what the protocol handlers see of the server behind them.
package protocol RequestResponder: Sendable {
  func respond(to request: APIRequest) async -> APIResponse
}

/// One HTTP/1.1 connection or one HTTP/2 stream: collects a request (bounded), has it answered in a task, writes the
/// answer at the speed of the client. When the client goes, the task is cancelled at once.
final class RequestHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private enum State {
    /// Waits for a head; the deadline closes the connection.
    case idle
    case receiving(HTTPRequestHead, ByteBuffer)
    /// Answered before its end (too large); what still comes is dropped.
    case discarding
    case responding(Task<Void, Never>, isLongRunning: Bool)
    case closed
  }

  private let responder: any RequestResponder
  private let limits: HTTPLimits
  private let facts: ConnectionFacts
  /// Nil for HTTP/2, which cannot be left.
  private let codec: HTTP1Codec?
  private var state = State.idle
  private var deadline: Scheduled<Void>?
  private var previousResponse: EventLoopFuture<Void>?

  init(responder: any RequestResponder, limits: HTTPLimits, facts: ConnectionFacts, codec: HTTP1Codec?) {
    self.responder = responder
    self.limits = limits
    self.facts = facts
    self.codec = codec
  }

  func handlerAdded(context: ChannelHandlerContext) { arm(limits.headTimeout, context) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch (unwrapInboundIn(data), state) {
    case (.head(let head), .idle): begin(head, context)
    case (.body(let part), .receiving(let head, var body)):
      guard body.readableBytes + part.readableBytes <= limits.maximumBodyBytes else {
        return refuseBody(head, context)
      }
      state = .idle  // give up the reference, so that the buffer grows in place
      body.writeImmutableBuffer(part)
      state = .receiving(head, body)
    case (.end, .receiving(let head, let body)): dispatch(head, body, context)
    default: break
    }
  }

  private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    if let length = head.headers.first(name: "content-length").flatMap(Int.init), length > limits.maximumBodyBytes {
      return refuseBody(head, context)
    }
    arm(limits.bodyTimeout, context)
    state = .receiving(head, ByteBuffer())
    guard head.headers.first(name: "expect")?.lowercased() == "100-continue" else { return }
    let interim = HTTPResponseHead(version: head.version, status: .continue)
    context.writeAndFlush(wrapOutboundOut(.head(interim)), promise: nil)
  }

  private func refuseBody(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    state = .discarding
    let status = Status(
      code: 413, reason: .requestEntityTooLarge,
      message: "Request entity too large: limit is \(limits.maximumBodyBytes)")
    let body = status.json.bytes
    let headers: HTTPHeaders = [
      "content-type": "application/json", "content-length": String(body.count), "connection": "close",
    ]
    let response = HTTPResponseHead(version: head.version, status: .payloadTooLarge, headers: headers)
    context.write(wrapOutboundOut(.head(response)), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    // The client may still be sending; it gets time to read the answer before the connection goes.
    arm(limits.lingerTimeout, context)
  }

  private func dispatch(_ head: HTTPRequestHead, _ body: ByteBuffer, _ context: ChannelHandlerContext) {
    deadline?.cancel()
    let request = APIRequest(
      method: head.method.rawValue, target: head.uri, headers: head.headers, body: Array(buffer: body),
      connection: facts)
    let exchange = Exchange(
      channel: context.channel, head: head, isUpgrade: request.upgrade != nil, previous: previousResponse)
    let (responder, handler) = (responder, NIOLoopBound(self, eventLoop: context.eventLoop))
    // The one bridge from the event loop to structured code: the task ends with the response, and `channelInactive`
    // cancels it when the client goes first.
    let task = Task { await RequestHandler.answer(request, responder, handler, exchange) }
    state = .responding(task, isLongRunning: request.isLongRunning)
    guard !request.isLongRunning else { return }
    deadline = context.eventLoop.scheduleTask(in: limits.requestTimeout) { task.cancel() }
  }

  private static func answer(
    _ request: APIRequest, _ responder: any RequestResponder, _ handler: NIOLoopBound<RequestHandler>,
    _ exchange: Exchange
  ) async {
    let response = await responder.respond(to: request)
    if case .upgrade(let run) = response.body {
      await RequestHandler.upgrade(handler, exchange, response, run)
    } else {
      let isWhole = await exchange.write(response)
      handler.eventLoop.execute { handler.value.finish(exchange, isWhole: isWhole) }
    }
  }

  private static func upgrade(
    _ handler: NIOLoopBound<RequestHandler>, _ exchange: Exchange, _ response: APIResponse,
    _ run: @Sendable (any ByteConnection) async -> Void
  ) async {
    // Fails only when the client has gone already; then nobody is there to be told.
    guard let connection = try? await handler.eventLoop.submit({ try handler.value.leave(exchange, response) }).get()
    else { return exchange.channel.close(promise: nil) }
    await run(connection)
    connection.close()
  }

  /// Answers 101 and gives the connection away.
  private func leave(_ exchange: Exchange, _ response: APIResponse) throws -> UpgradedChannel {
    guard let codec, case .responding = state else { throw ConnectionGone() }
    state = .closed
    deadline?.cancel()
    let channel = exchange.channel
    let pipeline = channel.pipeline.syncOperations
    try channel.syncOptions?.setOption(.autoRead, value: false)
    let upgraded = PullHandler<ByteBuffer>(eventLoop: channel.eventLoop)
    try pipeline.addHandler(IdleStateHandler(allTimeout: limits.upgradedIdleTimeout))
    try pipeline.addHandler(upgraded)
    pipeline.removeHandler(self, promise: nil)
    codec.leave(
      pipeline,
      answering: HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: response.headers),
      on: channel)
    return UpgradedChannel(
      channel: channel, handler: NIOLoopBound(upgraded, eventLoop: channel.eventLoop), lingerTimeout: limits.lingerTimeout)
  }

  /// Ends a response. Only from here on may the next request of the connection arrive, so the state changes first.
  private func finish(_ exchange: Exchange, isWhole: Bool) {
    guard case .responding = state else { return }
    let channel = exchange.channel
    guard isWhole else {
      state = .closed
      return channel.close(promise: nil)
    }
    guard exchange.isReusable else {
      state = .closed
      return channel.writeAndFlush(HTTPServerResponsePart.end(nil)).whenComplete { _ in channel.close(promise: nil) }
    }
    state = .idle
    arm(limits.idleTimeout, channel)
    previousResponse = channel.writeAndFlush(HTTPServerResponsePart.end(nil))
  }

  func channelInactive(context: ChannelHandlerContext) {
    stop()
    context.fireChannelInactive()
  }

  /// The server shuts down: short requests may finish, watches and log streams end now.
  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is ChannelShouldQuiesceEvent {
      switch state {
      case .responding(let task, isLongRunning: true): task.cancel()
      case .idle: context.close(promise: nil)
      default: break
      }
    }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    stop()
    context.close(promise: nil)
  }

  private func stop() {
    deadline?.cancel()
    if case .responding(let task, _) = state { task.cancel() }
    state = .closed
  }

  private func arm(_ timeout: TimeAmount, _ context: ChannelHandlerContext) { arm(timeout, context.channel) }

  private func arm(_ timeout: TimeAmount, _ channel: any Channel) {
    deadline?.cancel()
    deadline = channel.eventLoop.scheduleTask(in: timeout) { channel.close(promise: nil) }
  }
}

/// The writing half of one request and its response, up to the response's end.
private struct Exchange: Sendable {
  let channel: any Channel
  let head: HTTPRequestHead
  let isUpgrade: Bool
  /// The end of the response before this one on the same connection.
  let previous: EventLoopFuture<Void>?

  /// Whether the connection carries another request after this one. The parser stops behind a request for an upgrade,
  /// also behind one that was refused.
  var isReusable: Bool { head.version.major == 2 || (head.isKeepAlive && !isUpgrade) }

  /// Writes the response; false when it broke off and the connection must show it.
  func write(_ response: APIResponse) async -> Bool {
    do {
      // A client that pipelines requests without reading gets its next answer when it has taken the last one.
      if !channel.isWritable { try await previous?.get() }
      switch response.body {
      case .bytes(let bytes): write(response, bytes)
      case .stream(let produce): try await write(response, produce)
      case .upgrade: return false
      }
      return true
    } catch {
      return false
    }
  }

  private func write(_ response: APIResponse, _ bytes: [UInt8]) {
    var answer = responseHead(response)
    answer.headers.replaceOrAdd(name: "content-length", value: String(bytes.count))
    channel.write(HTTPServerResponsePart.head(answer), promise: nil)
    guard !bytes.isEmpty, head.method != .HEAD else { return }
    channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: bytes))), promise: nil)
  }

  private func write(
    _ response: APIResponse, _ produce: @Sendable (ResponseWriter) async throws -> Void
  ) async throws {
    try await channel.writeAndFlush(HTTPServerResponsePart.head(responseHead(response))).get()
    let writer = ResponseWriter { [channel] bytes in
      guard !bytes.isEmpty else { return }
      try await channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: bytes)))).get()
    }
    try await produce(writer)
  }

  private func responseHead(_ response: APIResponse) -> HTTPResponseHead {
    var headers = response.headers
    if !isReusable { headers.replaceOrAdd(name: "connection", value: "close") }
    return HTTPResponseHead(
      version: head.version, status: HTTPResponseStatus(statusCode: response.code), headers: headers)
  }
}
