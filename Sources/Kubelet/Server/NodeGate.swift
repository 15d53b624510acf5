import HTTPServing
import KubernetesAPI

/// Says who a request to the node's port comes from, and whether he may. In the server's process both are answered from
/// its memory; an agent elsewhere asks the API (TokenReview, SubjectAccessReview).
package struct NodeGate: Sendable {
  private let authenticate: @Sendable (APIRequest) async throws -> UserInfo?
  private let authorize: @Sendable (AuthorizationAttributes) async throws -> Bool

  package init(
    authenticate: @escaping @Sendable (APIRequest) async throws -> UserInfo?,
    authorize: @escaping @Sendable (AuthorizationAttributes) async throws -> Bool
  ) {
    self.authenticate = authenticate
    self.authorize = authorize
  }

  /// Throws 401 for strangers, also for those without credentials, and 403 in upstream's words.
  func admit(_ request: APIRequest, node: String) async throws -> UserInfo {
    guard let user = try await authenticate(request), user != .anonymous else { throw Status.unauthorized }
    let access = NodeAccess(method: request.method, path: request.path)
    for subresource in access.subresources {
      if try await authorize(access.attributes(user: user, node: node, subresource: subresource)) { return user }
    }
    throw Status(
      code: 403, reason: .forbidden,
      message: "Forbidden (user=\(user.name), verb=\(access.verb), resource=nodes, "
        + "subresource(s)=[\(access.subresources.joined(separator: " "))])")
  }
}
