import AsyncHTTPClient
import Foundation
import Glibc
import LinuxSystem
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Speaks the distribution API (version 2) with one endpoint about one repository.
struct RegistryClient: Sendable {
  static let connectTimeoutSeconds: Int64 = 10
  static let readTimeoutSeconds: Int64 = 60
  static let maximumDocumentBytes = 8 << 20
  static let maximumErrorBytes = 16 << 10

  let endpoint: RegistryEndpoint
  /// The registry that the reference names; a mirror wants to know it.
  let registry: String
  let http: HTTPClient
  let authorizer: RegistryAuthorizer

  struct Document: Sendable {
    var bytes: [UInt8]
    var mediaType: String
  }

  /// A client over a connection pool of its own, shut down at the end.
  static func with<Result: Sendable>(
    _ endpoint: RegistryEndpoint, for reference: ImageReference, settings: RegistriesConfiguration.Host?,
    credentials: RegistryCredentials?, _ body: (RegistryClient) async throws -> Result
  ) async throws -> Result {
    var configuration = HTTPClient.Configuration(
      redirectConfiguration: .follow(max: 5, allowCycles: false),
      timeout: .init(connect: .seconds(connectTimeoutSeconds), read: .seconds(readTimeoutSeconds)))
    configuration.connectionPool.retryConnectionEstablishment = false
    if let tls = settings?.tls { configuration.tlsConfiguration = try tls.configuration() }
    let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    let client = RegistryClient(
      endpoint: endpoint, registry: reference.domain, http: http,
      authorizer: RegistryAuthorizer(
        http: http, credentials: credentials ?? RegistryCredentials(settings?.auth),
        scope: "repository:\(endpoint.repository):pull"))
    let result: Swift.Result<Result, any Error>
    do { result = .success(try await body(client)) } catch { result = .failure(error) }
    try await http.shutdown()
    return try result.get()
  }

  /// A manifest or an index, by tag or digest.
  func manifest(_ tagOrDigest: String, name: String) async throws -> Document {
    let accept = ImageManifest.acceptedMediaTypes.joined(separator: ", ")
    let response = try await get("manifests/\(tagOrDigest)", headers: [("Accept", accept)], name: name)
    let bytes = try await Self.collect(response.body, limitBytes: Self.maximumDocumentBytes, name: name)
    return Document(bytes: bytes, mediaType: response.headers.first(name: "Content-Type") ?? "")
  }

  /// A small blob, whole.
  func document(_ digest: Digest) async throws -> [UInt8] {
    let response = try await get("blobs/\(digest)", headers: [], name: "content \(digest)")
    let bytes = try await Self.collect(response.body, limitBytes: Self.maximumDocumentBytes, name: "content \(digest)")
    let actual = Digest(of: bytes)
    if actual != digest { throw LayerError.wrongDigest(expected: digest, actual: actual) }
    return bytes
  }

  /// A blob's stream from an offset on; the answer's status says whether the registry heeded it (206) or not (200).
  func blob(_ digest: Digest, from offset: Int) async throws -> HTTPClientResponse {
    let headers = offset > 0 ? [("Range", "bytes=\(offset)-")] : []
    return try await get("blobs/\(digest)", headers: headers, name: "content \(digest)")
  }

  /// - Throws: `RegistryError`, `CancellationError`.
  private func get(_ path: String, headers: [(String, String)], name: String) async throws -> HTTPClientResponse {
    let query = endpoint.isMirror && registry != endpoint.host ? "?ns=\(registry)" : ""
    let url = "\(endpoint.url)\(endpoint.prefix)/\(endpoint.repository)/\(path)\(query)"
    var response = try await send(url, headers)
    if response.status == .unauthorized, try await authorizer.answer(response.headers["WWW-Authenticate"]) {
      response = try await send(url, headers)
    }
    switch response.status.code {
    case 200, 206: return response
    case 404: throw RegistryError.notFound(name)
    default: throw await Self.failure("GET", url, response)
    }
  }

  private func send(_ url: String, _ headers: [(String, String)]) async throws -> HTTPClientResponse {
    var request = HTTPClientRequest(url: url)
    request.headers.add(contentsOf: headers)
    request.headers.add(name: "User-Agent", value: "swiftlet")
    if let authorization = await authorizer.header { request.headers.add(name: "Authorization", value: authorization) }
    return try await Self.execute(request, on: http)
  }

  static func execute(_ request: HTTPClientRequest, on http: HTTPClient) async throws -> HTTPClientResponse {
    do {
      return try await http.execute(request, deadline: .distantFuture)
    } catch let error as CancellationError {
      throw error
    } catch {
      let verb = request.method.rawValue.capitalized
      throw RegistryError.requestFailed(
        method: verb, url: request.url, reason: Self.reason(error, host: host(of: request.url)))
    }
  }

  /// What a status that is no success means.
  static func failure(_ method: String, _ url: String, _ response: HTTPClientResponse) async -> RegistryError {
    let body = (try? await collect(response.body, limitBytes: maximumErrorBytes, name: url)) ?? []
    let message = serverMessage(body)
    if response.status == .unauthorized || response.status == .forbidden {
      return .accessDenied(serverMessage: message)
    }
    let status = "\(response.status.code) \(response.status.reasonPhrase)"
    return .unexpectedStatus(method: method, url: url, status: status, serverMessage: message)
  }

  /// The registry's own explanation: `{"errors": [{"code": …, "message": …}]}`.
  private static func serverMessage(_ body: [UInt8]) -> String {
    struct Answer: Decodable {
      struct Problem: Decodable {
        var code: String?
        var message: String?
      }
      var errors: [Problem]
    }
    guard let problem = (try? decodeDocument(Answer.self, body, name: "answer"))?.errors.first else { return "" }
    return [problem.code?.lowercased(), problem.message].compactMap { $0 }.joined(separator: ": ")
  }

  static func collect(_ body: HTTPClientResponse.Body, limitBytes: Int, name: String) async throws -> [UInt8] {
    var result: [UInt8] = []
    for try await chunk in body {
      result.append(contentsOf: chunk.readableBytesView)
      if result.count > limitBytes { throw RegistryError.tooLarge(name, limitBytes: limitBytes) }
    }
    return result
  }

  /// A connection's failure as Go's net package words it, where there is a counterpart.
  ///
  /// - Parameter host: with the port, for errors that do not name it.
  static func reason(_ error: any Error, host: String) -> String {
    switch error {
    case let error as IOError where [ECONNREFUSED, ENETUNREACH, EHOSTUNREACH, ETIMEDOUT].contains(error.errnoCode):
      return "dial tcp \(host): connect: \(SystemCallError.text(of: error.errnoCode))"
    case let error as IOError: return "read tcp \(host): \(SystemCallError.text(of: error.errnoCode))"
    case let error as NIOConnectionError:
      guard let failed = error.connectionErrors.first else { return "dial tcp: lookup \(error.host): no such host" }
      let address = failed.target.ipAddress.map { "\($0):\(error.port)" } ?? "\(error.host):\(error.port)"
      let code = (failed.error as? IOError)?.errnoCode
      return "dial tcp \(address): connect: \(code.map(SystemCallError.text(of:)) ?? "\(failed.error)")"
    case let error as HTTPClientError where error == .connectTimeout: return "dial tcp: i/o timeout"
    case let error as HTTPClientError where error == .readTimeout: return "i/o timeout while reading"
    case let error as HTTPClientError where error == .remoteConnectionClosed: return "unexpected EOF"
    case let error as NIOSSLError: return "tls: \(error)"
    default: return "\(error)"
    }
  }
}

/// Host and port of a URL, for messages.
private func host(of url: String) -> String {
  let rest = url.range(of: "://").map { url[$0.upperBound...] } ?? url[...]
  return String(rest.prefix { $0 != "/" })
}

extension RegistriesConfiguration.TLS {
  /// - Throws: `NIOSSLError` when a file holds no certificate or key.
  func configuration() throws -> TLSConfiguration {
    var result = TLSConfiguration.makeClientConfiguration()
    if insecureSkipVerify == true { result.certificateVerification = .none }
    if let caFile { result.trustRoots = .file(caFile) }
    if let certFile, let keyFile {
      result.certificateChain = try NIOSSLCertificate.fromPEMFile(certFile).map { .certificate($0) }
      result.privateKey = .privateKey(try NIOSSLPrivateKey(file: keyFile, format: .pem))
    }
    return result
  }
}
