import Foundation
import KubernetesAPI

/// Finds out who a request acts for.
package protocol Authenticator: Sendable {
  /// Nil when the request carries nothing that this authenticator knows. Throws `Status` 401 for credentials that are
  /// its own but do not hold.
  func authenticate(_ request: APIRequest) throws(Status) -> UserInfo?
}

extension Status {
  package static let unauthorized = Status(code: 401, reason: .unauthorized, message: "Unauthorized")
}

/// Client certificates (`--client-ca-file`).
package struct CertificateAuthenticator: Authenticator {
  private let now: @Sendable () -> Date

  package init(now: @escaping @Sendable () -> Date = { Date() }) { self.now = now }

  package func authenticate(_ request: APIRequest) throws(Status) -> UserInfo? {
    switch request.connection.clientCertificate {
    case .absent: return nil
    case .rejected: throw .unauthorized
    case .verified(let user, let notValidBefore, let notValidAfter):
      let now = now()
      guard notValidBefore <= now, now <= notValidAfter else { throw .unauthorized }
      return user
    }
  }
}

/// Asks authenticators in turn; a request without credentials is anonymous, one with unknown credentials is refused.
package struct AuthenticatorChain: Authenticator {
  private let authenticators: [any Authenticator]

  package init(_ authenticators: [any Authenticator]) { self.authenticators = authenticators }

  package func authenticate(_ request: APIRequest) throws(Status) -> UserInfo? {
    for authenticator in authenticators {
      if let user = try authenticator.authenticate(request) { return user }
    }
    guard request.headers.first(name: "authorization") == nil else { throw .unauthorized }
    return .anonymous
  }
}
