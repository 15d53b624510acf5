import Crypto
import Foundation
import Testing
import X509

@testable import APIServer
@testable import HTTPServing

@Suite struct CertificateAuthorityTests {
  @Test func keepsItselfOnDiskForItsOwnerAlone() throws {
    try withTemporaryDirectory { directory in
      let first = try CertificateAuthority.loadOrCreate(directory: directory)
      let second = try CertificateAuthority.loadOrCreate(directory: directory)
      #expect(first.publicKeyHash == second.publicKeyHash)
      #expect(first.publicKeyHash.hasPrefix("sha256:") && first.publicKeyHash.count == 7 + 64)
      for name in ["ca.crt", "ca.key"] {
        let mode = try FileManager.default.attributesOfItem(atPath: "\(directory)/\(name)")[.posixPermissions] as? Int
        #expect(mode == 0o600)
      }
      let years = first.certificate.notValidAfter.timeIntervalSinceNow / 86_400 / 365
      #expect((9.9...10.1).contains(years))
    }
  }

  @Test(arguments: [("ca.key", "ca.crt"), ("ca.crt", "ca.key")])
  func namesAMissingHalf(_ missing: String, _ present: String) throws {
    try withTemporaryDirectory { directory in
      _ = try CertificateAuthority.loadOrCreate(directory: directory)
      try FileManager.default.removeItem(atPath: "\(directory)/\(missing)")
      let error = try #require(throws: TLSError.self) { try CertificateAuthority.loadOrCreate(directory: directory) }
      #expect(error.description.contains("\(directory)/\(present) is there but \(directory)/\(missing) is missing"))
      #expect(error.description.contains("restore it from a backup"))
    }
  }

  @Test(arguments: ["ca.key", "ca.crt"]) func namesACorruptHalf(_ name: String) throws {
    try withTemporaryDirectory { directory in
      _ = try CertificateAuthority.loadOrCreate(directory: directory)
      try Data("garbage".utf8).write(to: URL(fileURLWithPath: "\(directory)/\(name)"))
      let error = try #require(throws: TLSError.self) { try CertificateAuthority.loadOrCreate(directory: directory) }
      #expect(error.description.hasPrefix("\(directory)/\(name) holds no valid"))
    }
  }

  @Test func refusesAKeyOfAnotherCertificate() throws {
    try withTemporaryDirectory { directory in
      _ = try CertificateAuthority.loadOrCreate(directory: directory)
      try PrivateFile.write(P256.Signing.PrivateKey().pemRepresentation, to: "\(directory)/ca.key")
      let error = try #require(throws: TLSError.self) { try CertificateAuthority.loadOrCreate(directory: directory) }
      #expect(error.description.contains("is not the key of"))
    }
  }

  @Test func issuesTheServerCertificateAnewOnlyWhenItMust() throws {
    try withTemporaryDirectory { directory in
      let authority = try CertificateAuthority.loadOrCreate(directory: directory)
      let profile = CertificateProfile.apiServer(
        names: ["node-1"], addresses: ["10.1.2.3", "fd00::1"], serviceAddress: "10.43.0.1")
      let first = try authority.keyPair("apiserver", profile)
      #expect(try authority.keyPair("apiserver", profile).certificatePEM == first.certificatePEM)

      let renamed = CertificateProfile.apiServer(names: ["node-2"], addresses: [], serviceAddress: nil)
      #expect(try authority.keyPair("apiserver", renamed).certificatePEM != first.certificatePEM)

      let second = try authority.keyPair("apiserver", profile)
      let soon = Date().addingTimeInterval(0.5 * 365 * 86_400)
      #expect(try authority.keyPair("apiserver", profile, now: soon).certificatePEM == second.certificatePEM)
      let late = Date().addingTimeInterval(0.7 * 365 * 86_400)
      #expect(try authority.keyPair("apiserver", profile, now: late).certificatePEM != second.certificatePEM)
    }
  }

  @Test func heedsTheUsualNamesOfAServer() throws {
    try withTemporaryDirectory { directory in
      let authority = try CertificateAuthority.loadOrCreate(directory: directory)
      let pair = try authority.keyPair(
        "apiserver", .apiServer(names: ["node-1"], addresses: ["10.1.2.3"], serviceAddress: "10.43.0.1"))
      let certificate = try Certificate(pemEncoded: pair.certificatePEM)
      let names = Set(try #require(try certificate.extensions.subjectAlternativeNames))
      for name in [
        "localhost", "node-1", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
      ] {
        #expect(names.contains(.dnsName(name)))
      }
      for address in ["127.0.0.1", "::1", "10.43.0.1", "10.1.2.3"] {
        #expect(names.contains(try #require(GeneralName(address: address))))
      }
    }
  }

  @Test func knowsItsOwnClients() throws {
    try withTemporaryDirectory { directory in
      let authority = try CertificateAuthority.loadOrCreate(directory: "\(directory)/a")
      let stranger = try CertificateAuthority.loadOrCreate(directory: "\(directory)/b")
      let verifier = ClientCertificateVerifier(authorities: [authority.certificate])

      guard case .verified(let user, _, _) = verifier.verify(der: try Self.der(authority, .node("n1"))) else {
        Issue.record("the node's certificate was refused")
        return
      }
      #expect(user.name == "system:node:n1")
      #expect(user.groups == ["system:nodes", "system:authenticated"])

      #expect(verifier.verify(der: try Self.der(stranger, .admin)).isRejected)
      let server = CertificateProfile.apiServer(names: [], addresses: [], serviceAddress: nil)
      #expect(verifier.verify(der: try Self.der(authority, server)).isRejected)
      #expect(verifier.verify(der: [1, 2, 3]).isRejected)
    }
  }

  @Test func keepsTheServiceAccountKey() throws {
    try withTemporaryDirectory { directory in
      let first = try ServiceAccountKey.loadOrCreate(directory: directory)
      try FileManager.default.removeItem(atPath: "\(directory)/sa.pub")
      let second = try ServiceAccountKey.loadOrCreate(directory: directory)
      #expect(first.key.rawRepresentation == second.key.rawRepresentation)
      #expect(try PrivateFile.read("\(directory)/sa.pub") == first.key.publicKey.pemRepresentation + "\n")
      try FileManager.default.removeItem(atPath: "\(directory)/sa.key")
      #expect(throws: TLSError.self) { try ServiceAccountKey.loadOrCreate(directory: directory) }
    }
  }

  private static func der(_ authority: CertificateAuthority, _ profile: CertificateProfile) throws -> [UInt8] {
    let key = Certificate.PublicKey(P256.Signing.PrivateKey().publicKey)
    return try authority.issue(profile, for: key).serializeAsPEM().derBytes
  }
}

extension ClientCertificate {
  fileprivate var isRejected: Bool { if case .rejected = self { true } else { false } }
}

/// Runs `body` with a fresh directory that is removed afterwards.
func withTemporaryDirectory<Result>(_ body: (String) throws -> Result) throws -> Result {
  let path = NSTemporaryDirectory() + "swiftlet-\(UUID().uuidString)"
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try body(path)
}
