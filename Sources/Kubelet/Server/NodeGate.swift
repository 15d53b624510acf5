import HTTPServing
import KubernetesAPI

/// Says who a request to the node's port comes from, and whether he may.
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

  /// Throws 401 for strangers, also for those without credentials, 403 in upstream's words, and 500 when nobody can say.
  func admit(_ request: APIRequest, node: String) async throws -> UserInfo {
    guard let user = try await authenticate(request), user != .anonymous else { throw Status.unauthorized }
    let access = NodeAccess(method: request.method, path: request.path)
    let words =
      "(user=\(user.name), verb=\(access.verb), resource=nodes, "
      + "subresource(s)=[\(access.subresources.joined(separator: " "))])"
    for subresource in access.subresources {
      if try await allows(access, user, node, subresource, words) { return user }
    }
    throw Status(code: 403, reason: .forbidden, message: "Forbidden \(words)")
  }

  private func allows(
    _ access: NodeAccess, _ user: UserInfo, _ node: String, _ subresource: String, _ words: String
  ) async throws -> Bool {
    do {
      return try await authorize(access.attributes(user: user, node: node, subresource: subresource))
    } catch {
      throw Status(code: 500, reason: .internalError, message: "Authorization error \(words): \(error)")
    }
  }
}
