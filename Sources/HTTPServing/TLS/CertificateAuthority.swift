import Crypto
import Foundation
import X509

/// A certificate with its private key, both as PEM.
package struct KeyPair: Sendable {
  package var certificatePEM: String
  package var keyPEM: String

  package init(certificatePEM: String, keyPEM: String) {
    self.certificatePEM = certificatePEM
    self.keyPEM = keyPEM
  }
}

/// The cluster's own certificate authority: made on the first start, kept under `<data>/tls`, P-256.
///
/// Whoever holds a certificate that this key signed is who the certificate says, so `ca.key` never leaves the machine.
package struct CertificateAuthority: Sendable {
  package static let lifetimeDays = 3650
  /// Certificates are valid from a little in the past, for clients whose clocks run behind.
  private static let backdatedSeconds = 300.0

  package let certificate: Certificate
  /// Where the authority and the certificates that it issues for this machine lie.
  package let directory: String
  private let key: P256.Signing.PrivateKey

  private init(certificate: Certificate, key: P256.Signing.PrivateKey, directory: String) {
    self.certificate = certificate
    self.key = key
    self.directory = directory
  }

  /// The authority under `directory`, made when neither of its two files exists. Throws `TLSError`.
  package static func loadOrCreate(directory: String, now: Date = Date()) throws -> CertificateAuthority {
    let files = KeyPairFiles(directory: directory, name: "ca", remedy: remedy(directory))
    if let (certificate, key) = try files.load() {
      guard now < certificate.notValidAfter else {
        throw TLSError.corrupt(
          path: files.certificatePath, what: "certificate any more (expired \(certificate.notValidAfter))",
          remedy: remedy(directory))
      }
      return CertificateAuthority(certificate: certificate, key: key, directory: directory)
    }
    let key = P256.Signing.PrivateKey()
    let authority = CertificateAuthority(
      certificate: try selfSigned(key, now: now), key: key, directory: directory)
    try files.store(certificate: authority.certificate, key: key)
    return authority
  }

  private static func remedy(_ directory: String) -> String {
    "restore it from a backup, or remove \(directory) for a new authority (every certificate, kubeconfig and join token "
      + "is then made anew)"
  }

  private static func selfSigned(_ key: P256.Signing.PrivateKey, now: Date) throws -> Certificate {
    let name = try DistinguishedName { CommonName("swiftlet-ca@\(Int(now.timeIntervalSince1970))") }
    let publicKey = Certificate.PublicKey(key.publicKey)
    return try Certificate(
      version: .v3, serialNumber: .init(), publicKey: publicKey,
      notValidBefore: now.addingTimeInterval(-backdatedSeconds),
      notValidAfter: now.addingTimeInterval(Double(lifetimeDays) * 86_400), issuer: name, subject: name,
      extensions: Certificate.Extensions {
        Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
        Critical(KeyUsage(digitalSignature: true, keyEncipherment: true, keyCertSign: true, cRLSign: true))
        SubjectKeyIdentifier(hash: publicKey)
      },
      issuerPrivateKey: .init(key))
  }
}

extension CertificateAuthority {
  package var certificatePEM: String {
    get throws { try certificate.serializeAsPEM().pemString + "\n" }
  }

  /// `sha256:` and the hash of the subject public key info in hex, as join tokens pin it.
  package var publicKeyHash: String {
    "sha256:" + SHA256.hash(data: key.publicKey.derRepresentation).map { Hexadecimal.text($0) }.joined()
  }

  /// A certificate for somebody else's key (a certificate signing request).
  package func issue(_ profile: CertificateProfile, for publicKey: Certificate.PublicKey, now: Date = Date()) throws
    -> Certificate
  {
    let end = now.addingTimeInterval(Double(profile.lifetimeDays) * 86_400)
    return try Certificate(
      version: .v3, serialNumber: .init(), publicKey: publicKey,
      notValidBefore: now.addingTimeInterval(-Self.backdatedSeconds),
      notValidAfter: min(end, certificate.notValidAfter), issuer: certificate.subject, subject: profile.subject,
      extensions: profile.extensions(subjectKey: publicKey, issuer: certificate.publicKey),
      issuerPrivateKey: .init(key))
  }

  /// The key pair `<name>.crt` and `<name>.key` of this machine: the one on disk while it fits the profile and less than
  /// two thirds of its life have passed, otherwise a new one. A half or unreadable pair that can be made again is.
  package func keyPair(_ name: String, _ profile: CertificateProfile, now: Date = Date()) throws -> KeyPair {
    let files = KeyPairFiles(directory: directory, name: name, remedy: "")
    if let (certificate, key) = try? files.load(), isIssuer(of: certificate),
      try profile.isMet(by: certificate, now: now)
    {
      return try KeyPair(certificatePEM: certificate.serializeAsPEM().pemString, keyPEM: key.pemRepresentation)
    }
    let key = P256.Signing.PrivateKey()
    let certificate = try issue(profile, for: .init(key.publicKey), now: now)
    try files.store(certificate: certificate, key: key)
    return try KeyPair(certificatePEM: certificate.serializeAsPEM().pemString, keyPEM: key.pemRepresentation)
  }

  /// True when this authority's key signed `certificate`.
  package func isIssuer(of certificate: Certificate) -> Bool { self.certificate.isIssuer(of: certificate) }
}

extension Certificate {
  /// True when the key of this certificate signed `certificate`.
  package func isIssuer(of certificate: Certificate) -> Bool {
    certificate.issuer == subject && publicKey.isValidSignature(certificate.signature, for: certificate)
  }
}

/// `<name>.crt` and `<name>.key`.
struct KeyPairFiles {
  var certificatePath: String
  var keyPath: String
  var remedy: String

  init(directory: String, name: String, remedy: String) {
    certificatePath = "\(directory)/\(name).crt"
    keyPath = "\(directory)/\(name).key"
    self.remedy = remedy
  }

  /// Both halves, or nil when neither exists.
  func load() throws -> (Certificate, P256.Signing.PrivateKey)? {
    let texts = (try PrivateFile.read(certificatePath), try PrivateFile.read(keyPath))
    switch texts {
    case (nil, nil): return nil
    case (_?, nil): throw TLSError.missingHalf(present: certificatePath, missing: keyPath, remedy: remedy)
    case (nil, _?): throw TLSError.missingHalf(present: keyPath, missing: certificatePath, remedy: remedy)
    case (let certificateText?, let keyText?):
      guard let certificate = try? Certificate(pemEncoded: certificateText) else {
        throw TLSError.corrupt(path: certificatePath, what: "certificate", remedy: remedy)
      }
      guard let key = try? P256.Signing.PrivateKey(pemRepresentation: keyText) else {
        throw TLSError.corrupt(path: keyPath, what: "P-256 private key", remedy: remedy)
      }
      guard certificate.publicKey == Certificate.PublicKey(key.publicKey) else {
        throw TLSError.mismatch(certificate: certificatePath, key: keyPath, remedy: remedy)
      }
      return (certificate, key)
    }
  }

  /// The key first: a certificate without its key is of no use, and a crash between the two is seen as a missing half.
  func store(certificate: Certificate, key: P256.Signing.PrivateKey) throws {
    try PrivateFile.write(key.pemRepresentation + "\n", to: keyPath)
    try PrivateFile.write(certificate.serializeAsPEM().pemString + "\n", to: certificatePath)
  }
}

package enum Hexadecimal {
  package static func text(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return digits.count == 2 ? digits : "0" + digits
  }
}
