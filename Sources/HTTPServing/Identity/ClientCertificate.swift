import Foundation
import X509

/// The client's certificate as the TLS handshake left it. The handshake proves that the client holds the key; whether
/// anybody vouches for the certificate is decided here and not there, so that a stranger is answered `Unauthorized`
/// as upstream answers him, instead of seeing the connection break.
package enum ClientCertificate: Sendable, Equatable {
  case absent
  /// Signed by the cluster's authority for client use.
  case verified(UserInfo, notValidBefore: Date, notValidAfter: Date)
  case rejected(reason: String)
}

/// Checks client certificates against the cluster's authorities. Certificates are issued by them directly, so there are
/// no chains to build.
package struct ClientCertificateVerifier: Sendable {
  private let authorities: [Certificate]

  package init(authorities: [Certificate]) { self.authorities = authorities }

  package func verify(der: [UInt8]) -> ClientCertificate {
    guard let certificate = try? Certificate(derEncoded: der) else {
      return .rejected(reason: "the client's certificate cannot be read")
    }
    guard authorities.contains(where: { $0.isIssuer(of: certificate) }) else {
      return .rejected(reason: "x509: certificate signed by unknown authority")
    }
    guard let usage = try? certificate.extensions.extendedKeyUsage, usage.contains(.clientAuth) else {
      return .rejected(reason: "x509: certificate specifies an incompatible key usage")
    }
    guard let user = Self.user(of: certificate.subject) else {
      return .rejected(reason: "x509: the certificate's subject has no common name")
    }
    return .verified(
      user, notValidBefore: certificate.notValidBefore, notValidAfter: certificate.notValidAfter)
  }

  /// The common name is the user, the organizations are the groups.
  package static func user(of subject: DistinguishedName) -> UserInfo? {
    var user = UserInfo(name: "")
    for attribute in subject.lazy.flatMap({ $0 }) {
      guard let value = String(attribute.value) else { continue }
      switch attribute.type {
      case .RDNAttributeType.commonName: user.name = value
      case .RDNAttributeType.organizationName: user.groups.append(value)
      default: break
      }
    }
    guard !user.name.isEmpty else { return nil }
    user.groups.append(UserInfo.authenticatedGroup)
    return user
  }
}
