import KubernetesAPI
import LinuxSystem
import NIOCore
import NIOPosix
import NIOSSL

/// One HTTP GET as probes and hooks make it: own connection, no verification of certificates, up to ten redirects
/// within the host, any status from 200 to 399 a success.
struct HTTPProbe: Sendable {
  struct Answer: Sendable {
    var status: Int
    var location: String?
    /// Of redirects only: what the event tells of them.
    var body = ""
  }

  let group: any EventLoopGroup
  private static let redirectLimit = 10

  func run(_ check: HTTPCheck, timeoutSeconds: Int) async -> ProbeWorker.Finding {
    do {
      let answer = try await follow(check, timeoutSeconds: timeoutSeconds)
      switch answer.status {
      case 200..<300: return .success
      // A redirect out of the host is not followed: the container answered.
      case 300..<400: return .warning(output: "Probe terminated redirects, Response body: \(answer.body)")
      default: return .failure(output: "HTTP probe failed with statuscode: \(answer.status)")
      }
    } catch {
      return .failure(output: Self.explain(error, check))
    }
  }

  /// For lifecycle hooks: nil once anything has answered, whatever its status, as upstream has it.
  func request(_ check: HTTPCheck, timeoutSeconds: Int) async -> String? {
    do {
      _ = try await follow(check, timeoutSeconds: timeoutSeconds)
      return nil
    } catch {
      return Self.explain(error, check)
    }
  }

  private func follow(_ check: HTTPCheck, timeoutSeconds: Int) async throws -> Answer {
    var check = check
    let deadline = NIODeadline.now() + .seconds(Int64(timeoutSeconds))
    for _ in 0..<Self.redirectLimit {
      let answer = try await send(check, deadline: deadline)
      guard [301, 302, 303, 307, 308].contains(answer.status), let location = answer.location,
        let next = check.redirected(to: location)
      else { return answer }
      check = next
    }
    throw ProbeFailure.tooManyRedirects
  }

  func send(_ check: HTTPCheck, deadline: NIODeadline) async throws -> Answer {
    let loop = group.next()
    let promise = loop.makePromise(of: Answer.self)
    let request = check.requestText
    let tls = check.isTLS ? try Self.tlsContext() : nil
    let name = check.serverName
    let bootstrap = ClientBootstrap(group: loop)
      .connectTimeout(max(.milliseconds(1), deadline - .now()))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls {
            try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: tls, serverHostname: name))
          }
          try channel.pipeline.syncOperations.addHandler(HTTPAnswerHandler(request: request, promise: promise))
        }
      }
    let timer = loop.scheduleTask(deadline: deadline) { promise.fail(ProbeFailure.timedOut) }
    let connection = bootstrap.connect(host: check.host, port: check.port)
    connection.whenFailure { promise.fail($0) }
    defer {
      timer.cancel()
      connection.whenSuccess { $0.close(promise: nil) }
    }
    return try await promise.futureResult.get()
  }

  private static func tlsContext() throws -> NIOSSLContext {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.certificateVerification = .none
    return try NIOSSLContext(configuration: configuration)
  }

  private static func explain(_ error: any Error, _ check: HTTPCheck) -> String {
    "Get \"\(check.url)\": \(reason(error, check))"
  }

  private static func reason(_ error: any Error, _ check: HTTPCheck) -> String {
    switch error {
    case ProbeFailure.timedOut:
      "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
    case ProbeFailure.tooManyRedirects: "stopped after \(redirectLimit) redirects"
    case ProbeFailure.closedEarly: "EOF"
    case ProbeFailure.malformed: "net/http: HTTP/1.x transport connection broken: malformed HTTP response"
    default: DialFailure.text(error, host: check.host, port: check.port)
    }
  }
}

enum ProbeFailure: Error, Equatable {
  case timedOut
  case tooManyRedirects
  case closedEarly
  case malformed
}

/// A connection that did not come about, in the words that Go's net package has for it.
enum DialFailure {
  static func text(_ error: any Error, host: String, port: Int) -> String {
    let prefix = "dial tcp \(HTTPCheck.authority(host, port)): "
    switch error {
    case ChannelError.connectTimeout, ProbeFailure.timedOut: return prefix + "i/o timeout"
    case let error as IOError: return prefix + "connect: " + SystemCallError.text(of: error.errnoCode)
    case let error as NIOConnectionError:
      guard let first = error.connectionErrors.first else { return prefix + "no such host" }
      return text(first.error, host: host, port: port)
    default: return prefix + String(describing: error)
    }
  }
}

extension HTTPCheck {
  var requestText: String {
    var lines = ["GET \(path) HTTP/1.1"]
    let named = Set(headers.map { $0.name.lowercased() })
    if !named.contains("host") { lines.append("Host: \(HTTPCheck.authority(host, port))") }
    if !named.contains("user-agent") { lines.append("User-Agent: kube-probe/1.32") }
    if !named.contains("accept") { lines.append("Accept: */*") }
    // An empty value asks for the header to be left out, as upstream has it for Accept.
    lines += headers.filter { !$0.value.isEmpty }.map { "\($0.name): \($0.value)" }
    return lines.joined(separator: "\r\n") + "\r\nConnection: close\r\n\r\n"
  }

  /// The name for SNI; nil for an address.
  var serverName: String? {
    let isAddress = host.contains(":") || host.allSatisfy { $0.isNumber || $0 == "." }
    return isAddress ? nil : host
  }

  /// Where a redirect within this host leads; nil when it leaves the host, which upstream takes for a success.
  func redirected(to location: String) -> HTTPCheck? {
    var next = self
    if location.hasPrefix("/"), !location.hasPrefix("//") {
      next.path = location
      return next
    }
    guard let scheme = location.firstRange(of: "://") else { return nil }
    next.isTLS = location[..<scheme.lowerBound].lowercased() == "https"
    let rest = location[scheme.upperBound...]
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    let authority = rest[..<slash]
    let colon = authority.lastIndex(of: ":").flatMap { authority.hasSuffix("]") ? nil : $0 }
    next.port = colon.flatMap { Int(authority[authority.index(after: $0)...]) } ?? (next.isTLS ? 443 : 80)
    guard authority[..<(colon ?? authority.endIndex)] == host else { return nil }
    next.path = slash == rest.endIndex ? "/" : String(rest[slash...])
    return next
  }
}

/// Sends the request once connected and reads up to the end of the headers.
private final class HTTPAnswerHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer
  private static let headLimit = 64 << 10
  /// What upstream reads of a body.
  private static let bodyLimit = 10 << 10

  private let request: String
  private let promise: EventLoopPromise<HTTPProbe.Answer>
  private var received: [UInt8] = []

  init(request: String, promise: EventLoopPromise<HTTPProbe.Answer>) {
    self.request = request
    self.promise = promise
  }

  func channelActive(context: ChannelHandlerContext) {
    context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(string: request)), promise: nil)
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    received += unwrapInboundIn(data).readableBytesView
    guard let end = endOfHead() else {
      if received.count > Self.headLimit { finish(context, .failure(.malformed)) }
      return
    }
    guard let head = HTTPAnswerHead(String(decoding: received[..<end], as: UTF8.self)) else {
      return finish(context, .failure(.malformed))
    }
    let body = received[(end + 4)...].prefix(Self.bodyLimit)
    if head.isRedirect, body.count < min(head.contentLength ?? Self.bodyLimit, Self.bodyLimit) { return }
    finish(context, .success(head.answer(body: body)))
  }

  func channelInactive(context: ChannelHandlerContext) {
    // The body of a redirect may end with the connection.
    let end = endOfHead()
    let head = end.flatMap { HTTPAnswerHead(String(decoding: received[..<$0], as: UTF8.self)) }
    if let head, let end {
      promise.succeed(head.answer(body: received[(end + 4)...].prefix(Self.bodyLimit)))
    } else {
      promise.fail(ProbeFailure.closedEarly)
    }
    context.fireChannelInactive()
  }

  private func finish(_ context: ChannelHandlerContext, _ result: Result<HTTPProbe.Answer, ProbeFailure>) {
    switch result {
    case .success(let answer): promise.succeed(answer)
    case .failure(let failure): promise.fail(failure)
    }
    context.close(promise: nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    promise.fail(error)
    context.close(promise: nil)
  }

  private func endOfHead() -> Int? {
    let end = Array("\r\n\r\n".utf8)
    guard received.count >= end.count else { return nil }
    return (0...(received.count - end.count)).first { Array(received[$0..<($0 + end.count)]) == end }
  }
}

/// Status line and headers of an answer; nil for what is no HTTP/1.
private struct HTTPAnswerHead {
  let status: Int
  private let headers: [String: String]

  init?(_ text: String) {
    let lines = text.split(separator: "\r\n")
    guard let words = lines.first?.split(separator: " "), words.count >= 2, words[0].hasPrefix("HTTP/1."),
      let status = Int(words[1])
    else { return nil }
    self.status = status
    headers = Dictionary(lines.dropFirst().compactMap(Self.field), uniquingKeysWith: { first, _ in first })
  }

  private static func field(_ line: Substring) -> (String, String)? {
    guard let colon = line.firstIndex(of: ":") else { return nil }
    return (line[..<colon].lowercased(), String(line[line.index(after: colon)...].drop { $0 == " " }))
  }

  var isRedirect: Bool { (300..<400).contains(status) }
  var contentLength: Int? { headers["content-length"].flatMap { Int($0) } }

  func answer(body: ArraySlice<UInt8>) -> HTTPProbe.Answer {
    HTTPProbe.Answer(
      status: status, location: headers["location"], body: isRedirect ? String(decoding: body, as: UTF8.self) : "")
  }
}
