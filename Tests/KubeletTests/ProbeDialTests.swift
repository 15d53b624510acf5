import Glibc
import KubernetesAPI
import LinuxSystem
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOPosix
import Testing

@testable import Kubelet

/// Probes over real sockets on loopback.
@Suite(.timeLimit(.minutes(5))) struct ProbeDialTests {
  private let group = MultiThreadedEventLoopGroup.singleton

  private func listen(_ initialize: @escaping @Sendable (any Channel) throws -> Void) async throws -> any Channel {
    try await ServerBootstrap(group: group).childChannelInitializer { channel in
      channel.eventLoop.makeCompletedFuture { try initialize(channel) }
    }.bind(host: "127.0.0.1", port: 0).get()
  }

  private func port(_ channel: any Channel) throws -> Int { try #require(channel.localAddress?.port) }

  /// A port where nobody listens, and that nobody else is given as long as this lives.
  private final class SilentPort {
    let number: Int
    private let socket: Descriptor

    init() throws {
      socket = Descriptor(
        owning: try systemCall("socket") { Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0) })
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let raw = socket.raw
      try withUnsafeMutablePointer(to: &address) { pointer in
        try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
          try systemCall("bind") { bind(raw, generic, length) }
          try systemCall("getsockname") { getsockname(raw, generic, &length) }
        }
      }
      number = Int(UInt16(bigEndian: address.sin_port))
    }
  }

  // MARK: TCP

  @Test func dialsTCP() async throws {
    let server = try await listen { _ in }
    let probe = TCPProbe(group: group)
    #expect(await probe.run(host: "127.0.0.1", port: try port(server), timeoutSeconds: 120) == .success)
    try await server.close()
    let silent = try SilentPort()
    let free = silent.number
    defer { withExtendedLifetime(silent) {} }
    #expect(
      await probe.run(host: "127.0.0.1", port: free, timeoutSeconds: 120)
        == .failure(output: "dial tcp 127.0.0.1:\(free): connect: connection refused"))
  }

  // MARK: HTTP

  private func get(_ path: String, _ answer: String) async throws -> ProbeWorker.Finding {
    let server = try await listen { try $0.pipeline.syncOperations.addHandler(CannedAnswer(answer)) }
    defer { server.close(promise: nil) }
    let check = HTTPCheck(isTLS: false, host: "127.0.0.1", port: try port(server), path: path, headers: [])
    return await HTTPProbe(group: group).run(check, timeoutSeconds: 120)
  }

  @Test(arguments: [200, 204, 299]) func takes2xxForSuccess(status: Int) async throws {
    #expect(try await get("/", "HTTP/1.1 \(status) X\r\n\r\n") == .success)
  }

  @Test(arguments: [400, 404, 500, 503]) func tellsTheStatusOfAFailure(status: Int) async throws {
    let finding = try await get("/", "HTTP/1.1 \(status) X\r\nContent-Length: 0\r\n\r\n")
    #expect(finding == .failure(output: "HTTP probe failed with statuscode: \(status)"))
  }

  @Test func warnsOfARedirectToAnotherHost() async throws {
    let finding = try await get(
      "/", "HTTP/1.1 302 Found\r\nLocation: http://elsewhere.example/\r\nContent-Length: 4\r\n\r\naway")
    #expect(finding == .warning(output: "Probe terminated redirects, Response body: away"))
  }

  @Test func stopsAfterTenRedirects() async throws {
    let finding = try await get("/", "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")
    guard case .failure(let output) = finding else {
      Issue.record("\(finding)")
      return
    }
    #expect(output.hasSuffix("stopped after 10 redirects"))
  }

  @Test func takesAnyAnswerToAHookForSuccess() async throws {
    let server = try await listen { try $0.pipeline.syncOperations.addHandler(CannedAnswer("HTTP/1.1 500 X\r\n\r\n")) }
    defer { server.close(promise: nil) }
    let probe = HTTPProbe(group: group)
    let check = HTTPCheck(isTLS: false, host: "127.0.0.1", port: try port(server), path: "/", headers: [])
    #expect(await probe.request(check, timeoutSeconds: 120) == nil)
    let silent = try SilentPort()
    let free = silent.number
    defer { withExtendedLifetime(silent) {} }
    let nobody = HTTPCheck(isTLS: false, host: "127.0.0.1", port: free, path: "/x", headers: [])
    #expect(
      await probe.request(nobody, timeoutSeconds: 120)
        == "Get \"http://127.0.0.1:\(free)/x\": dial tcp 127.0.0.1:\(free): connect: connection refused")
  }

  // MARK: gRPC

  private func ask(_ service: String, of health: FakeHealth, timeoutSeconds: Int = 120) async throws
    -> ProbeWorker.Finding
  {
    let server = try await listen { channel in
      _ = try channel.pipeline.syncOperations.configureHTTP2Pipeline(
        mode: .server, connectionConfiguration: .init(), streamConfiguration: .init()
      ) { stream in
        stream.eventLoop.makeCompletedFuture {
          try stream.pipeline.syncOperations.addHandlers(
            HTTP2FramePayloadToHTTP1ServerCodec(), FakeHealthHandler(health))
        }
      }
    }
    defer { server.close(promise: nil) }
    return await GRPCProbe(group: group).run(
      host: "127.0.0.1", port: try port(server), service: service, timeoutSeconds: timeoutSeconds)
  }

  @Test func asksTheHealthService() async throws {
    let health = FakeHealth(services: ["": 1, "web": 1, "sick": 2])
    #expect(try await ask("", of: health) == .success)
    #expect(try await ask("web", of: health) == .success)
    #expect(
      try await ask("sick", of: health) == .failure(output: "service unhealthy (responded with \"NOT_SERVING\")"))
    #expect(
      try await ask("none", of: health)
        == .failure(output: "error: health rpc probe failed: rpc error: code = NotFound desc = unknown service"))
  }

  @Test func saysThatAServerHasNoHealthService() async throws {
    var health = FakeHealth(services: [:])
    health.isImplemented = false
    #expect(
      try await ask("", of: health)
        == .failure(
          output: "error: this server does not implement the grpc health protocol (grpc.health.v1.Health): "
            + "unknown service grpc.health.v1.Health"))
  }

  @Test func givesUpWaitingForAnAnswer() async throws {
    var health = FakeHealth(services: [:])
    health.isSilent = true
    #expect(
      try await ask("", of: health, timeoutSeconds: 1)
        == .failure(output: "timeout: health rpc did not complete within 1s"))
  }

  @Test func givesUpConnecting() async throws {
    let silent = try SilentPort()
    let free = silent.number
    defer { withExtendedLifetime(silent) {} }
    let finding = await GRPCProbe(group: group).run(host: "127.0.0.1", port: free, service: "", timeoutSeconds: 1)
    #expect(
      finding
        == .failure(
          output: "timeout: failed to connect service \"127.0.0.1:\(free)\" within 1s: context deadline exceeded"))
  }

  @Test func framesTheRequestAsProtobuf() {
    #expect(GRPCHealthCodec.request(service: "") == [0, 0, 0, 0, 0])
    #expect(GRPCHealthCodec.request(service: "ab") == [0, 0, 0, 0, 4, 0x0A, 2, 0x61, 0x62])
    #expect(GRPCHealthCodec.status(response: [0, 0, 0, 0, 2, 8, 1]) == 1)
    #expect(GRPCHealthCodec.status(response: [0, 0, 0, 0, 0]) == 0)
    #expect(GRPCHealthCodec.status(response: [0, 0, 0, 0, 2, 8]) == nil)
  }
}

/// Answers whatever comes with the same bytes and closes.
private final class CannedAnswer: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer
  private let text: String

  init(_ text: String) { self.text = text }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let channel = context.channel
    channel.writeAndFlush(channel.allocator.buffer(string: text)).whenComplete { _ in channel.close(promise: nil) }
  }
}

/// What a health service knows.
private struct FakeHealth: Sendable {
  var services: [String: UInt8]
  var isImplemented = true
  var isSilent = false

  /// The status and the message of the answer, or gRPC's own error.
  func answer(_ request: [UInt8]) -> (code: Int, message: String, body: [UInt8]) {
    guard isImplemented else { return (12, "unknown service grpc.health.v1.Health", []) }
    let name = request.count > 7 ? String(decoding: request[7...], as: UTF8.self) : ""
    guard let status = services[name] else { return (5, "unknown service", []) }
    return (0, "", [0, 0, 0, 0, 2, 8, status])
  }
}

private final class FakeHealthHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart
  private let health: FakeHealth
  private var uri = ""
  private var body: [UInt8] = []

  init(_ health: FakeHealth) { self.health = health }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): uri = head.uri
    case .body(let buffer): body += buffer.readableBytesView
    case .end:
      guard !health.isSilent, uri == "/grpc.health.v1.Health/Check" else { return }
      respond(context)
    }
  }

  private func respond(_ context: ChannelHandlerContext) {
    let (code, message, body) = health.answer(body)
    let head = HTTPResponseHead(version: .http2, status: .ok, headers: ["content-type": "application/grpc"])
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    if !body.isEmpty {
      let buffer = context.channel.allocator.buffer(bytes: body)
      context.write(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
    }
    let trailers: HTTPHeaders = ["grpc-status": "\(code)", "grpc-message": message]
    context.writeAndFlush(wrapOutboundOut(.end(trailers)), promise: nil)
  }
}
