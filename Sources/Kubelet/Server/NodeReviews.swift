import HTTPServing
import KubernetesAPI
import KubernetesClient
import Synchronization

/// Asks the API whose a bearer token is (TokenReview) and who may do what on this node (SubjectAccessReview), as upstream's
/// kubelet does with `authentication.webhook` and `authorization.mode: Webhook`, and believes the answers as long as its
/// defaults say.
package final class NodeReviews: Sendable {
  private static let tokenLife = Duration.seconds(120)
  private static let allowedLife = Duration.seconds(300)
  private static let refusedLife = Duration.seconds(30)

  private let client: KubernetesClient
  private let now: @Sendable () -> ContinuousClock.Instant
  /// Nil: nobody's token.
  private let users = Mutex(ReviewCache<String, UserInfo?>())
  private let decisions = Mutex(ReviewCache<AuthorizationAttributes, Bool>())

  package init(client: KubernetesClient, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
    self.client = client
    self.now = now
  }

  /// Nil for a token that the API does not know. Throws when the API cannot be asked.
  func user(ofToken token: String) async throws -> UserInfo? {
    if let known = users.withLock({ $0.answer(to: token, now: now()) }) { return known }
    let answer = try await client.create(TokenReview.make { $0.spec.token = token }).status
    let user = answer.authenticated ? UserInfo(answer.user) : nil
    users.withLock { $0.remember(user, to: token, for: Self.tokenLife, now: now()) }
    return user
  }

  /// Throws when the API cannot be asked.
  func allows(_ attributes: AuthorizationAttributes) async throws -> Bool {
    if let known = decisions.withLock({ $0.answer(to: attributes, now: now()) }) { return known }
    let isAllowed = try await client.create(SubjectAccessReview(attributes)).status.allowed
    let life = isAllowed ? Self.allowedLife : Self.refusedLife
    decisions.withLock { $0.remember(isAllowed, to: attributes, for: life, now: now()) }
    return isAllowed
  }
}

extension NodeGate {
  /// Client certificates are looked at here; everything else is asked of the API. While it cannot be asked, no token is
  /// anybody's and nobody may anything.
  package init(_ reviews: NodeReviews) {
    self.init(
      authenticate: { request in
        if let user = try CertificateAuthenticator().authenticate(request) { return user }
        guard let token = request.bearerToken else { return nil }
        return try await reviews.user(ofToken: token)
      },
      authorize: { try await reviews.allows($0) })
  }
}

extension UserInfo {
  fileprivate init(_ user: View<UserInfoFields>) {
    self.init(name: user.username, uid: user.uid, groups: user.groups, extra: user.extra.mapValues(\.values))
  }
}

extension SubjectAccessReview {
  /// The question behind a request on a resource.
  fileprivate init(_ attributes: AuthorizationAttributes) {
    self = SubjectAccessReview.make { review in
      review.spec.user = attributes.user.name
      review.spec.uid = attributes.user.uid
      review.spec.groups = attributes.user.groups
      review.spec.extra = attributes.user.extra.mapValues(ExtraValue.init)
      review.spec.resourceAttributes = ResourceAttributes {
        $0.verb = attributes.verb
        $0.group = attributes.group
        $0.version = attributes.version
        $0.resource = attributes.resource
        $0.subresource = attributes.subresource
        $0.namespace = attributes.namespace
        $0.name = attributes.name
      }
    }
  }
}
