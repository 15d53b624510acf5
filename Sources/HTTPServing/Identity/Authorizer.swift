/// What a request wants to do: the question an authorizer answers (`authorizer.Attributes`).
package struct AuthorizationAttributes: Sendable, Hashable {
  package var user: UserInfo
  package var verb: String
  /// False for `/healthz`, `/version` and other paths that name no resource.
  package var isResourceRequest: Bool
  package var group = ""
  package var version = ""
  package var resource = ""
  package var subresource = ""
  package var namespace = ""
  package var name = ""
  /// The path of a request that names no resource.
  package var path = ""

  package init(user: UserInfo, verb: String, isResourceRequest: Bool) {
    self.user = user
    self.verb = verb
    self.isResourceRequest = isResourceRequest
  }
}

/// What one authorizer says. A chain of authorizers stops at the first answer that is no `.noOpinion`, and what nobody
/// allows is forbidden.
package enum AuthorizationDecision: Sendable, Equatable {
  case allow
  case deny(reason: String)
  case noOpinion(reason: String)
}

/// Decides whether a user may do something. Implementations answer from memory: this stands before every request.
package protocol Authorizer: Sendable {
  func authorize(_ attributes: AuthorizationAttributes) -> AuthorizationDecision
  /// What `user` may do in `namespace`, for people who ask.
  func rules(for user: UserInfo, namespace: String) -> AuthorizedRules
}

extension Authorizer {
  /// One that cannot list says that there may be more.
  package func rules(for user: UserInfo, namespace: String) -> AuthorizedRules { AuthorizedRules(isIncomplete: true) }
}

/// Asks authorizers in turn (upstream's `union`).
package struct AuthorizerChain: Authorizer {
  private let authorizers: [any Authorizer]

  package init(_ authorizers: [any Authorizer]) { self.authorizers = authorizers }

  package func authorize(_ attributes: AuthorizationAttributes) -> AuthorizationDecision {
    var reasons: [String] = []
    for authorizer in authorizers {
      switch authorizer.authorize(attributes) {
      case .noOpinion(let reason): if !reason.isEmpty { reasons.append(reason) }
      case let decision: return decision
      }
    }
    return .noOpinion(reason: reasons.joined(separator: ", "))
  }

  package func rules(for user: UserInfo, namespace: String) -> AuthorizedRules {
    authorizers.map { $0.rules(for: user, namespace: namespace) }.reduce(AuthorizedRules(), +)
  }
}
