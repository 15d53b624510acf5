import Crypto
import KubernetesAPI
import Testing

@testable import APIServer
@testable import HTTPServing

/// A registry that issues tokens, with what the tests of them ask for.
struct TokenFixture: Sendable {
  static let account = ObjectKey(namespace: "default", name: "default")
  static let issuer = "https://kubernetes.default.svc.cluster.local"

  let registry: RegistryFixture
  let tokens: ServiceAccountTokens

  static func run(_ body: (TokenFixture) async throws -> Void) async throws {
    let tokens = ServiceAccountTokens(key: ServiceAccountKey(key: P256.Signing.PrivateKey()))
    try await RegistryFixture.run({ $0.tokens = tokens }) {
      try await body(TokenFixture(registry: $0, tokens: tokens))
    }
  }

  var authenticator: ServiceAccountAuthenticator {
    ServiceAccountAuthenticator(registry: registry.registry, tokens: tokens)
  }

  /// The answer to a request with this `spec`.
  func request(_ spec: JSON, account: ObjectKey = account, as user: UserInfo? = nil) async throws -> TokenRequest {
    let result = try await registry.registry.create(
      ServiceAccount.kind, namespace: account.namespace, name: account.name, ObjectBody(["spec": spec]),
      subresource: "token", user: user ?? registry.user)
    #expect(result.isCreated)
    return TokenRequest(unchecked: result.object.json)
  }

  func claims(_ spec: JSON, as user: UserInfo? = nil) async throws -> (JSON, token: String) {
    let token = try await request(spec, as: user).status.token
    return (try #require(JSONWebToken(token)).claims, token)
  }

  /// Who bears the token; the text of the refusal when nobody does.
  func bearer(_ token: String, _ audiences: [String]? = nil) -> String {
    do throws(ServiceAccountAuthenticator.Refusal) {
      return try authenticator.authenticate(token: token, audiences: audiences ?? tokens.audiences).user.name
    } catch {
      return error.description
    }
  }

  static func bound(_ kind: String, _ name: String, uid: String = "") -> JSON {
    ["boundObjectRef": ["apiVersion": "v1", "kind": .string(kind), "name": .string(name), "uid": .string(uid)]]
  }
}
