import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOPosix

/// Asks `grpc.health.v1.Health/Check` over HTTP/2 in clear text, as upstream's probe does (pkg/probe/grpc).
struct GRPCProbe: Sendable {
  let group: any EventLoopGroup
  /// How long gRPC waits before it dials again.
  private static let redialDelay = TimeAmount.seconds(1)

  func run(host: String, port: Int, service: String, timeoutSeconds: Int) async -> ProbeWorker.Finding {
    let address = HTTPCheck.authority(host, port)
    let timeout = GoDuration.text(seconds: timeoutSeconds)
    let deadline = NIODeadline.now() + .seconds(Int64(timeoutSeconds))
    guard let connection = await connect(host: host, port: port, deadline: deadline) else {
      return .failure(
        output: "timeout: failed to connect service \"\(address)\" within \(timeout): context deadline exceeded")
    }
    defer { connection.channel.close(promise: nil) }
    do {
      return try await check(connection, address, service, deadline).finding(timeout: timeout)
    } catch {
      return GRPCHealthAnswer(code: GRPCHealthAnswer.unavailable, message: Self.explain(error)).finding(timeout: timeout)
    }
  }

  private struct Connection: Sendable {
    var channel: any Channel
    var streams: NIOHTTP2Handler.StreamMultiplexer

    /// Before the first byte arrives, so that none of the server's is missed.
    static func make(_ channel: any Channel) -> EventLoopFuture<Connection> {
      channel.eventLoop.makeCompletedFuture {
        let streams = try channel.pipeline.syncOperations.configureHTTP2Pipeline(
          mode: .client, connectionConfiguration: .init(), streamConfiguration: .init()
        ) { $0.close() }
        return Connection(channel: channel, streams: streams)
      }
    }
  }

  /// A refused connection is dialled again until the time is up: gRPC blocks until it has one. Nil when it has none.
  private func connect(host: String, port: Int, deadline: NIODeadline) async -> Connection? {
    while deadline > .now(), !Task.isCancelled {
      let bootstrap = ClientBootstrap(group: group).connectTimeout(max(.milliseconds(1), deadline - .now()))
      let connection = try? await bootstrap.connect(host: host, port: port) { Connection.make($0) }
      if let connection { return connection }
      let next = NIODeadline.now() + Self.redialDelay
      guard next < deadline else { return nil }
      try? await Task.sleep(for: .nanoseconds((next - .now()).nanoseconds))
    }
    return nil
  }

  private func check(
    _ connection: Connection, _ address: String, _ service: String, _ deadline: NIODeadline
  ) async throws -> GRPCHealthAnswer {
    let channel = connection.channel
    let promise = channel.eventLoop.makePromise(of: GRPCHealthAnswer.self)
    let timer = channel.eventLoop.scheduleTask(deadline: deadline) {
      promise.succeed(GRPCHealthAnswer(code: GRPCHealthAnswer.deadlineExceeded, message: ""))
    }
    defer { timer.cancel() }
    channel.closeFuture.whenComplete { _ in promise.fail(ProbeFailure.closedEarly) }
    let opened = channel.eventLoop.makePromise(of: (any Channel).self)
    opened.futureResult.whenFailure { promise.fail($0) }
    connection.streams.createStreamChannel(promise: opened) { stream in
      stream.eventLoop.makeCompletedFuture {
        try stream.pipeline.syncOperations.addHandlers(
          HTTP2FramePayloadToHTTP1ClientCodec(httpProtocol: .http),
          GRPCHealthHandler(address: address, service: service, promise: promise))
      }
    }
    return try await promise.futureResult.get()
  }

  private static func explain(_ error: any Error) -> String {
    error as? ProbeFailure == .closedEarly ? "error reading from server: EOF" : String(describing: error)
  }
}

/// How a health check ended: a status of the service, or a gRPC status other than OK.
struct GRPCHealthAnswer: Sendable, Equatable {
  static let unavailable = 14
  static let deadlineExceeded = 4
  private static let unimplemented = 12
  private static let serving = 1
  private static let statusNames = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"]
  /// Go's names of the status codes.
  private static let codeNames = [
    "OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists",
    "PermissionDenied", "ResourceExhausted", "FailedPrecondition", "Aborted", "OutOfRange", "Unimplemented", "Internal",
    "Unavailable", "DataLoss", "Unauthenticated",
  ]

  var code: Int
  var message: String
  /// `HealthCheckResponse.ServingStatus`, when the code is 0.
  var status = 0

  func finding(timeout: String) -> ProbeWorker.Finding {
    switch code {
    case 0 where status == Self.serving: return .success
    case 0: return .failure(output: "service unhealthy (responded with \"\(statusName)\")")
    case Self.unimplemented:
      return .failure(
        output: "error: this server does not implement the grpc health protocol (grpc.health.v1.Health): \(message)")
    case Self.deadlineExceeded: return .failure(output: "timeout: health rpc did not complete within \(timeout)")
    default:
      return .failure(output: "error: health rpc probe failed: rpc error: code = \(codeName) desc = \(message)")
    }
  }

  private var statusName: String {
    Self.statusNames.indices.contains(status) ? Self.statusNames[status] : "\(status)"
  }

  private var codeName: String {
    Self.codeNames.indices.contains(code) ? Self.codeNames[code] : "Code(\(code))"
  }
}

/// The two messages of the health service, in gRPC's framing: a flag for compression, four bytes of length, protobuf.
enum GRPCHealthCodec {
  private static let headerBytes = 5

  /// `HealthCheckRequest`: field 1, the service's name.
  static func request(service: String) -> [UInt8] {
    let name = Array(service.utf8)
    let message = name.isEmpty ? [] : [0x0A] + varint(name.count) + name
    let length = UInt32(message.count)
    return [0] + withUnsafeBytes(of: length.bigEndian) { Array($0) } + message
  }

  /// `HealthCheckResponse`: field 1, the status; absent is UNKNOWN. Nil for what is no such message.
  static func status(response: [UInt8]) -> Int? {
    guard response.count >= headerBytes, response[0] == 0 else { return nil }
    let length = response[1..<headerBytes].reduce(0) { $0 << 8 | Int($1) }
    guard response.count >= headerBytes + length else { return nil }
    var rest = response[headerBytes..<(headerBytes + length)]
    var status = 0
    while !rest.isEmpty {
      guard let tag = takeVarint(&rest) else { return nil }
      guard tag & 7 == 0 else { return skip(tag, &rest) ? status : nil }
      guard let value = takeVarint(&rest) else { return nil }
      if tag >> 3 == 1 { status = value }
    }
    return status
  }

  /// Fields that the message may grow come after the status; nothing behind them is needed.
  private static func skip(_ tag: Int, _ rest: inout ArraySlice<UInt8>) -> Bool {
    guard tag & 7 == 2, let length = takeVarint(&rest), length <= rest.count else { return false }
    rest = []
    return true
  }

  private static func varint(_ value: Int) -> [UInt8] {
    var value = value
    var bytes: [UInt8] = []
    while value >= 0x80 {
      bytes.append(UInt8(value & 0x7F) | 0x80)
      value >>= 7
    }
    return bytes + [UInt8(value)]
  }

  private static func takeVarint(_ bytes: inout ArraySlice<UInt8>) -> Int? {
    var value = 0
    for shift in stride(from: 0, to: 63, by: 7) {
      guard let byte = bytes.popFirst() else { return nil }
      value |= Int(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return value }
    }
    return nil
  }
}

/// One call on one stream.
private final class GRPCHealthHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart
  private static let bodyLimit = 64 << 10

  private let address: String
  private let service: String
  private let promise: EventLoopPromise<GRPCHealthAnswer>
  private var head: HTTPResponseHead?
  private var body: [UInt8] = []

  init(address: String, service: String, promise: EventLoopPromise<GRPCHealthAnswer>) {
    self.address = address
    self.service = service
    self.promise = promise
  }

  func channelActive(context: ChannelHandlerContext) {
    let headers: HTTPHeaders = [
      "host": address, "content-type": "application/grpc", "te": "trailers", "user-agent": "kube-probe/1.32",
    ]
    let head = HTTPRequestHead(version: .http2, method: .POST, uri: "/grpc.health.v1.Health/Check", headers: headers)
    let buffer = context.channel.allocator.buffer(bytes: GRPCHealthCodec.request(service: service))
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): self.head = head
    case .body(let buffer):
      if body.count < Self.bodyLimit { body += buffer.readableBytesView }
    case .end(let trailers):
      promise.succeed(answer(trailers))
      context.close(promise: nil)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    promise.fail(ProbeFailure.closedEarly)
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    promise.fail(error)
    context.close(promise: nil)
  }

  /// The status stands in the trailers, or in the headers of an answer without a body.
  private func answer(_ trailers: HTTPHeaders?) -> GRPCHealthAnswer {
    let first = { (name: String) in trailers?.first(name: name) ?? self.head?.headers.first(name: name) }
    guard let code = first("grpc-status").flatMap({ Int($0) }) else {
      let status = head.map { Int($0.status.code) } ?? 0
      return GRPCHealthAnswer(
        code: status == 404 ? 12 : 2, message: "unexpected HTTP status code received from server: \(status)")
    }
    guard code == 0 else { return GRPCHealthAnswer(code: code, message: first("grpc-message") ?? "") }
    guard let status = GRPCHealthCodec.status(response: body) else {
      return GRPCHealthAnswer(code: 13, message: "the answer is no grpc.health.v1.HealthCheckResponse")
    }
    return GRPCHealthAnswer(code: 0, message: "", status: status)
  }
}
