import KubernetesAPI

/// A token as a projected volume asks for it.
package struct TokenWish: Sendable, Hashable {
  /// Empty: the API server.
  package var audience: String
  package var expirationSeconds: Int

  package init(_ source: ServiceAccountTokenProjection) {
    audience = source.audience
    expirationSeconds = source.expirationSeconds ?? 3600
  }

  /// All that a pod's volumes ask for.
  package static func all(_ pod: Pod) -> Set<TokenWish> {
    let sources = pod.spec.volumes.flatMap { $0.projected?.sources ?? [] }
    return Set(sources.compactMap { $0.serviceAccountToken.map(TokenWish.init) })
  }

  /// The request for it, bound to the pod: the token ends with it.
  func request(_ pod: Pod) -> TokenRequest {
    TokenRequest.make { request in
      request.metadata.name = pod.spec.serviceAccountName
      request.metadata.namespace = pod.namespace
      request.spec.audiences = audience.isEmpty ? [] : [audience]
      request.spec.expirationSeconds = expirationSeconds
      request.spec.boundObjectRef = BoundObjectReference {
        $0.apiVersion = "v1"
        $0.kind = "Pod"
        $0.name = pod.name
        $0.uid = pod.uid
      }
    }
  }
}

/// A token that the server issued, and when this node looks for the next one.
package struct IssuedToken: Sendable, Hashable {
  package var bytes: [UInt8]
  package var expiresAt: Timestamp
  package var refreshAt: Timestamp

  /// Tokens are renewed at least that often, however long they last.
  private static let maximumAgeSeconds = 24 * 3600
  /// So many seconds are spread at random, so that a node's tokens do not all end at once.
  package static let maximumJitterSeconds = 10

  /// Times are counted from `now`, when the answer came, so that the two clocks need not agree. Renewal is due when a
  /// fifth of the life is left, or after a day.
  package init(_ answer: TokenRequest, now: Timestamp, jitterSeconds: Int) {
    let seconds = answer.spec.expirationSeconds ?? 3600
    bytes = Array(answer.status.token.utf8)
    expiresAt = now.adding(seconds: seconds)
    let age = min(seconds - seconds / 5, Self.maximumAgeSeconds)
    refreshAt = now.adding(seconds: max(age - jitterSeconds, 0))
  }
}
