import Crypto
import Foundation
import X509

/// What a certificate is for: everything of it but its key.
package struct CertificateProfile: Sendable, Hashable {
  package enum Usage: Sendable, Hashable {
    case server(names: [String], addresses: [String])
    case client
  }

  /// The user of a client certificate.
  package var commonName: String
  /// The groups of a client certificate.
  package var organizations: [String]
  package var usage: Usage
  package var lifetimeDays = 365

  package init(commonName: String, organizations: [String] = [], usage: Usage) {
    self.commonName = commonName
    self.organizations = organizations
    self.usage = usage
  }
}

extension CertificateProfile {
  /// A client certificate of `user` in `groups`.
  package static func client(user: String, groups: [String] = []) -> CertificateProfile {
    CertificateProfile(commonName: user, organizations: groups, usage: .client)
  }

  package static let admin = client(user: "kubernetes-admin", groups: [UserInfo.mastersGroup])
  /// The API server, as it asks nodes.
  package static let kubeletClient = client(user: "kube-apiserver-kubelet-client", groups: [UserInfo.mastersGroup])
  package static let scheduler = client(user: UserInfo.scheduler.name)
  package static let controllerManager = client(user: UserInfo.controllerManager.name)
  package static let proxy = client(user: UserInfo.proxy.name)

  package static func node(_ name: String) -> CertificateProfile {
    client(user: UserInfo.nodeUserPrefix + name, groups: [UserInfo.nodesGroup])
  }

  /// The API server's own certificate. `names` and `addresses` (literals) come on top of the names by which every
  /// cluster reaches its server.
  package static func apiServer(
    names: [String], addresses: [String], serviceAddress: String?, clusterDomain: String = "cluster.local"
  ) -> CertificateProfile {
    let fixed = [
      "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
      "kubernetes.default.svc.\(clusterDomain)",
    ]
    let literals = ["127.0.0.1", "::1"] + (serviceAddress.map { [$0] } ?? []) + addresses
    return CertificateProfile(
      commonName: "kube-apiserver",
      usage: .server(names: unique(fixed + names.filter { !$0.isEmpty }), addresses: unique(literals)))
  }

  /// The own port of a node. `addresses` are literals.
  package static func kubelet(_ name: String, addresses: [String]) -> CertificateProfile {
    CertificateProfile(
      commonName: UserInfo.nodeUserPrefix + name, organizations: [UserInfo.nodesGroup],
      usage: .server(names: unique([name, "localhost"]), addresses: unique(["127.0.0.1", "::1"] + addresses)))
  }

  private static func unique(_ values: [String]) -> [String] {
    var seen: Set<String> = []
    return values.filter { seen.insert($0).inserted }
  }
}

extension CertificateProfile {
  var subject: DistinguishedName {
    get throws {
      try DistinguishedName {
        for organization in organizations { OrganizationName(organization) }
        CommonName(commonName)
      }
    }
  }

  /// The extensions of a leaf; `issuer` is the key that will sign it.
  func extensions(
    subjectKey: Certificate.PublicKey, issuer: Certificate.PublicKey
  ) throws -> Certificate.Extensions {
    try Certificate.Extensions {
      Critical(BasicConstraints.notCertificateAuthority)
      Critical(KeyUsage(digitalSignature: true, keyEncipherment: true))
      try ExtendedKeyUsage([isServer ? .serverAuth : .clientAuth])
      SubjectKeyIdentifier(hash: subjectKey)
      AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: issuer).keyIdentifier)
      if case .server(let names, let addresses) = usage {
        SubjectAlternativeNames(names.map { .dnsName($0) } + addresses.compactMap(GeneralName.init(address:)))
      }
    }
  }

  private var isServer: Bool { if case .server = usage { true } else { false } }

  /// True when `certificate` was issued for this profile and less than two thirds of its life have passed.
  func isMet(by certificate: Certificate, now: Date) throws -> Bool {
    let life = certificate.notValidAfter.timeIntervalSince(certificate.notValidBefore)
    guard certificate.notValidBefore <= now, now < certificate.notValidBefore.addingTimeInterval(life * 2 / 3),
      certificate.subject == (try subject)
    else { return false }
    guard case .server(let names, let addresses) = usage else { return true }
    let wanted = names.map { GeneralName.dnsName($0) } + addresses.compactMap(GeneralName.init(address:))
    return Set(try certificate.extensions.subjectAlternativeNames ?? SubjectAlternativeNames([])) == Set(wanted)
  }
}

extension GeneralName {
  /// An IPv4 or IPv6 literal as a subject alternative name; nil for anything else.
  init?(address: String) {
    var v4 = in_addr()
    var v6 = in6_addr()
    if inet_pton(AF_INET, address, &v4) == 1 {
      self = .ipAddress(withUnsafeBytes(of: v4) { .init(contentBytes: ArraySlice($0)) })
    } else if inet_pton(AF_INET6, address, &v6) == 1 {
      self = .ipAddress(withUnsafeBytes(of: v6) { .init(contentBytes: ArraySlice($0)) })
    } else {
      return nil
    }
  }
}
