import HTTPServing
import KubernetesAPI

/// What others need to check tokens without asking the server: OpenID discovery and the public key.
struct IssuerEndpoint: RequestEndpoint {
  static let paths = ["/.well-known/openid-configuration", "/openid/v1/jwks"]

  let tokens: ServiceAccountTokens
  /// `https://…:6443`, where the key is to be fetched.
  let address: String

  func respond(to request: APIRequest, user: UserInfo) async throws -> APIResponse? {
    guard Self.paths.contains(request.path) else { return nil }
    guard request.method == "GET" || request.method == "HEAD" else { throw Status.methodNotAllowed(request) }
    return request.path == Self.paths[0]
      ? .json(tokens.discovery(address: address).bytes)
      : APIResponse(contentType: "application/jwk-set+json", tokens.keySet.bytes)
  }
}
