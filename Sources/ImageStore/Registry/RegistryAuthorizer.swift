import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// Answers a registry's challenges and keeps the answer for the requests that follow.
actor RegistryAuthorizer {
  private let http: HTTPClient
  private let credentials: RegistryCredentials?
  private let scope: String
  /// The `Authorization` header to send.
  private(set) var header: String?
  private var hasSentBasic = false

  init(http: HTTPClient, credentials: RegistryCredentials?, scope: String) {
    self.http = http
    self.credentials = credentials
    self.scope = scope
  }

  /// - Returns: whether it is worth asking again.
  /// - Throws: `RegistryError.tokenRefused` when the token server does not give a token.
  func answer(_ headers: [String]) async throws -> Bool {
    let challenges = headers.flatMap(AuthenticationChallenge.parse)
    if let bearer = challenges.first(where: { $0.scheme == "bearer" }), let realm = bearer.parameters["realm"] {
      header = "Bearer " + (try await token(realm: realm, bearer))
      return true
    }
    guard challenges.contains(where: { $0.scheme == "basic" }), let credentials, !hasSentBasic else { return false }
    hasSentBasic = true
    header = credentials.basic
    return true
  }

  private func token(realm: String, _ challenge: AuthenticationChallenge) async throws -> String {
    struct Answer: Decodable {
      var token: String?
      var accessToken: String?

      enum CodingKeys: String, CodingKey {
        case token
        case accessToken = "access_token"
      }
    }
    let request = tokenRequest(realm: realm, challenge)
    let isAnonymous = credentials == nil
    do {
      let response = try await RegistryClient.execute(request, on: http)
      guard response.status == .ok else {
        let status = "\(response.status.code) \(response.status.reasonPhrase)"
        throw RegistryError.unexpectedStatus(
          method: request.method.rawValue, url: request.url, status: status, serverMessage: "")
      }
      let bytes = try await RegistryClient.collect(
        response.body, limitBytes: RegistryClient.maximumDocumentBytes, name: "token")
      let answer = try decodeDocument(Answer.self, bytes, name: "token")
      guard let token = answer.token ?? answer.accessToken, !token.isEmpty else {
        throw ImageStoreError.malformed(document: "token", reason: "it is missing")
      }
      return token
    } catch let error where !(error is CancellationError) {
      throw RegistryError.tokenRefused(anonymous: isAnonymous, reason: "\(error)")
    }
  }

  private func tokenRequest(realm: String, _ challenge: AuthenticationChallenge) -> HTTPClientRequest {
    let service = challenge.parameters["service"]
    let scope = challenge.parameters["scope"] ?? self.scope
    if let token = credentials?.identityToken {
      return Self.refreshRequest(realm: realm, service: service, scope: scope, token: token)
    }
    var query = [("scope", scope)]
    if let service { query.insert(("service", service), at: 0) }
    var request = HTTPClientRequest(url: realm + (realm.contains("?") ? "&" : "?") + Self.form(query))
    if let credentials { request.headers.add(name: "Authorization", value: credentials.basic) }
    return request
  }

  /// OAuth2's refresh grant, for identity tokens.
  private static func refreshRequest(
    realm: String, service: String?, scope: String, token: String
  ) -> HTTPClientRequest {
    var request = HTTPClientRequest(url: realm)
    request.method = .POST
    request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
    let fields = [
      ("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "swiftlet"),
      ("service", service ?? ""), ("scope", scope),
    ]
    request.body = .bytes(ByteBuffer(string: form(fields)))
    return request
  }

  /// `a=b&c=d` with everything but letters, digits and `-._~` escaped.
  private static func form(_ fields: [(String, String)]) -> String {
    let digits = Array("0123456789ABCDEF")
    let escape = { (text: String) in
      text.utf8.reduce(into: "") { result, byte in
        let scalar = Character(UnicodeScalar(byte))
        if scalar.isASCII, scalar.isLetter || scalar.isNumber || "-._~".contains(scalar) {
          result.append(scalar)
        } else {
          result += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
        }
      }
    }
    return fields.map { "\($0)=\(escape($1))" }.joined(separator: "&")
  }
}
