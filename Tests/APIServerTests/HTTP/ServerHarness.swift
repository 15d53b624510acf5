import Foundation
import KubernetesAPI
import Logging
import Testing

@testable import APIServer
@testable import HTTPServing

/// A real server on a free port of the loopback, with its own authority in a directory that goes with it.
final class ServerHarness: Sendable {
  let directory: String
  let authority: CertificateAuthority
  let port: Int

  /// A server with `endpoints` beside its own paths.
  static func run<Result: Sendable>(
    _ endpoints: [any RequestEndpoint], limits: HTTPLimits = HTTPLimits(), limiter: InFlightLimiter = InFlightLimiter(),
    _ body: @Sendable @escaping (ServerHarness) async throws -> Result
  ) async throws -> Result {
    try await run({ makeServer($0, endpoints, limits, limiter) }, body)
  }

  /// The whole server of a registry.
  static func run<Result: Sendable>(
    _ registry: Registry, nodes: @escaping NodeLookup = { _ in nil },
    _ body: @Sendable @escaping (ServerHarness) async throws -> Result
  ) async throws -> Result {
    try await run(
      { authority in
        APIServer(
          configuration: configuration, authority: authority, registry: registry, nodes: nodes,
          logger: Logger(label: "test"))
      }, body)
  }

  /// Starts a server, runs `body`, stops the server, removes its directory.
  private static func run<Result: Sendable>(
    _ make: (CertificateAuthority) -> APIServer, _ body: @Sendable @escaping (ServerHarness) async throws -> Result
  ) async throws -> Result {
    let directory = NSTemporaryDirectory() + "swiftlet-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let authority = try CertificateAuthority.loadOrCreate(directory: directory)
    let server = make(authority)
    let (ports, listening) = AsyncStream.makeStream(of: Int.self)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { listening.finish() }
        try await server.run { listening.yield($0) }
      }
      guard let port = await ports.first(where: { _ in true }) else {
        try await group.next()
        throw CancellationError()
      }
      let result = try await body(ServerHarness(directory: directory, authority: authority, port: port))
      group.cancelAll()
      return result
    }
  }

  private static var configuration: APIServerConfiguration {
    var configuration = APIServerConfiguration()
    configuration.bindAddress = "127.0.0.1"
    configuration.port = 0
    return configuration
  }

  private static func makeServer(
    _ authority: CertificateAuthority, _ endpoints: [any RequestEndpoint], _ limits: HTTPLimits,
    _ limiter: InFlightLimiter
  ) -> APIServer {
    let metrics = RequestMetrics(limiter: limiter)
    let checks = [HealthCheck("ping") { nil }]
    let own = ServerEndpoint(
      health: ["healthz", "livez", "readyz"].map { HealthEndpoint(name: $0, checks: checks) },
      metrics: [metrics, ProcessMetrics()], paths: ["/healthz"])
    let handler = APIHandler(
      authenticator: AuthenticatorChain([CertificateAuthenticator()]), authorizer: BootstrapAuthorizer(),
      limiter: limiter, metrics: metrics, endpoints: endpoints + [own], isServed: { _ in true },
      logger: Logger(label: "test"))
    return APIServer(
      configuration: configuration, authority: authority, handler: handler, limits: limits,
      logger: Logger(label: "test"))
  }

  private init(directory: String, authority: CertificateAuthority, port: Int) {
    self.directory = directory
    self.authority = authority
    self.port = port
  }

  /// What `curl` printed for one request: the code and protocol version on the last line.
  struct Answer: Sendable, Equatable {
    var code: Int
    var version: String
    var body: String
    var json: JSON? { try? JSONParser.parse(body) }
  }

  /// Runs the system's curl, so the other end of the wire is somebody else's code. `client` names the certificate.
  func curl(_ path: String, client: CertificateProfile? = .admin, _ options: String...) async throws -> Answer {
    var arguments = ["-sS", "--max-time", "10", "--cacert", "\(directory)/ca.crt"]
    if let client { arguments += try certificateOptions(client, authority) }
    arguments += ["-w", "\n%{http_code} %{http_version}"] + options + ["https://127.0.0.1:\(port)\(path)"]
    let output = try await Self.execute("/usr/bin/curl", arguments)
    let lines = output.split(separator: "\n", omittingEmptySubsequences: false)
    let figures = (lines.last ?? "").split(separator: " ")
    return Answer(
      code: Int(figures.first ?? "") ?? 0, version: String(figures.last ?? ""),
      body: lines.dropLast().joined(separator: "\n"))
  }

  func certificateOptions(_ client: CertificateProfile, _ authority: CertificateAuthority) throws -> [String] {
    let name = "client-" + client.commonName.replacingOccurrences(of: ":", with: "-")
    _ = try authority.keyPair(name, client)
    return ["--cert", "\(authority.directory)/\(name).crt", "--key", "\(authority.directory)/\(name).key"]
  }

  /// Runs a program to its end; its standard output and error together, by way of a file.
  static func execute(_ program: String, _ arguments: [String]) async throws -> String {
    let path = NSTemporaryDirectory() + "swiftlet-output-\(UUID().uuidString)"
    try Data().write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let output = try #require(FileHandle(forWritingAtPath: path))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = output
    process.standardInput = FileHandle.nullDevice
    let ended = AsyncStream<Void> { continuation in
      process.terminationHandler = { _ in continuation.finish() }
    }
    try process.run()
    for await _ in ended {}
    return String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
  }
}
