import Crypto
import HTTPServing
import KubernetesAPI

/// Issues the tokens of service accounts and tells who reads what on them: the key, the issuer's name, and the
/// audiences that mean this server.
package struct ServiceAccountTokens: Sendable {
  /// `--service-account-issuer` where nobody says otherwise.
  package static func defaultIssuer(clusterDomain: String = "cluster.local") -> String {
    "https://kubernetes.default.svc.\(clusterDomain)"
  }

  package let issuer: String
  /// Tokens for one of these are good for requests to this server (`--api-audiences`).
  package let audiences: [String]
  let keyID: String
  private let key: P256.Signing.PrivateKey

  package init(key: ServiceAccountKey, issuer: String = defaultIssuer()) {
    self.key = key.key
    self.issuer = issuer
    audiences = [issuer]
    keyID = URLSafeBase64.encode(SHA256.hash(data: key.key.publicKey.derRepresentation))
  }

  func sign(_ claims: JSON) throws -> String { try JSONWebToken.sign(claims, by: key, keyID: keyID) }

  func isSigner(of token: JSONWebToken) -> Bool { token.isSigned(by: key.publicKey) }

  /// The token that a Secret of the account holds.
  package func legacyToken(namespace: String, account: String, accountUID: String, secret: String) throws -> String {
    try sign(
      LegacyClaims(namespace: namespace, account: ObjectIdentity(name: account, uid: accountUID), secretName: secret)
        .json)
  }

  /// The public key as others read it (RFC 7517), `/openid/v1/jwks`.
  var keySet: JSON {
    let point = key.publicKey.x963Representation.dropFirst()
    let half = point.count / 2
    return [
      "keys": [
        [
          "use": "sig", "kty": "EC", "kid": .string(keyID), "crv": "P-256", "alg": "ES256",
          "x": .string(URLSafeBase64.encode(point.prefix(half))), "y": .string(URLSafeBase64.encode(point.suffix(half))),
        ]
      ]
    ]
  }

  /// OpenID Connect Discovery, as far as it applies to an issuer of tokens; `address` is where the server is reached.
  func discovery(address: String) -> JSON {
    [
      "issuer": .string(issuer), "jwks_uri": .string("\(address)/openid/v1/jwks"),
      "response_types_supported": ["id_token"], "subject_types_supported": ["public"],
      "id_token_signing_alg_values_supported": ["ES256"],
    ]
  }
}
