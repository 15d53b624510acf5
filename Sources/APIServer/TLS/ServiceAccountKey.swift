import Crypto
import Foundation
import HTTPServing

/// The key that signs service account tokens (ES256), kept beside the authority as `sa.key` and `sa.pub`.
package struct ServiceAccountKey: Sendable {
  package let key: P256.Signing.PrivateKey

  package init(key: P256.Signing.PrivateKey) { self.key = key }

  /// Makes the pair on the first start; a lost public half is written again from the private one. Throws `TLSError`.
  package static func loadOrCreate(directory: String) throws -> ServiceAccountKey {
    let (privatePath, publicPath) = ("\(directory)/sa.key", "\(directory)/sa.pub")
    let key = try load(privatePath, publicPath: publicPath) ?? P256.Signing.PrivateKey()
    if try PrivateFile.read(privatePath) == nil { try PrivateFile.write(key.pemRepresentation + "\n", to: privatePath) }
    let publicText = key.publicKey.pemRepresentation + "\n"
    if try PrivateFile.read(publicPath) != publicText { try PrivateFile.write(publicText, to: publicPath) }
    return ServiceAccountKey(key: key)
  }

  private static func load(_ privatePath: String, publicPath: String) throws -> P256.Signing.PrivateKey? {
    let remedy = "restore it from a backup, or remove \(privatePath) and \(publicPath) (every token is then void)"
    guard let text = try PrivateFile.read(privatePath) else {
      guard try PrivateFile.read(publicPath) == nil else {
        throw TLSError.missingHalf(present: publicPath, missing: privatePath, remedy: remedy)
      }
      return nil
    }
    guard let key = try? P256.Signing.PrivateKey(pemRepresentation: text) else {
      throw TLSError.corrupt(path: privatePath, what: "P-256 private key", remedy: remedy)
    }
    return key
  }
}
