import Crypto
import Foundation
import HTTPServing
import KubernetesAPI

/// A signed token in its compact form (RFC 7515, RFC 7519): three parts in URL-safe base64, parted by dots.
struct JSONWebToken: Sendable {
  let header: JSON
  let claims: JSON
  /// What the signature covers: the first two parts as they came.
  private let signedBytes: [UInt8]
  private let signature: [UInt8]

  /// The bytes of a token that anybody would read; longer ones are nobody's.
  private static let maximumBytes = 64 * 1024

  /// Reads a token without believing it; nil when the text is none.
  init?(_ text: String) {
    guard text.utf8.count <= Self.maximumBytes else { return nil }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let header = Self.object(parts[0]), let claims = Self.object(parts[1]),
      let signature = URLSafeBase64.decode(parts[2])
    else { return nil }
    self.header = header
    self.claims = claims
    self.signature = signature
    signedBytes = Array("\(parts[0]).\(parts[1])".utf8)
  }

  private static func object(_ part: Substring) -> JSON? {
    guard let bytes = URLSafeBase64.decode(part), let json = try? JSONParser.parse(bytes), json.objectValue != nil
    else { return nil }
    return json
  }

  /// True when `key` signed it, by the one algorithm that keys of this server are for: what the header calls itself
  /// decides nothing.
  func isSigned(by key: P256.Signing.PublicKey) -> Bool {
    guard header["alg"] == "ES256", let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature)
    else { return false }
    return key.isValidSignature(signature, for: signedBytes)
  }

  static func sign(_ claims: JSON, by key: P256.Signing.PrivateKey, keyID: String) throws -> String {
    let header: JSON = ["alg": "ES256", "kid": .string(keyID)]
    let text = "\(URLSafeBase64.encode(header.bytes)).\(URLSafeBase64.encode(claims.bytes))"
    let signature = try key.signature(for: Array(text.utf8))
    return "\(text).\(URLSafeBase64.encode(signature.rawRepresentation))"
  }
}
