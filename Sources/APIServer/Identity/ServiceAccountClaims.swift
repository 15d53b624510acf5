import KubernetesAPI

/// An object by name, as a token remembers it: one of the same name that was made later is another one.
struct ObjectIdentity: Sendable, Hashable {
  var name: String
  var uid: String

  init(name: String, uid: String) {
    self.name = name
    self.uid = uid
  }

  init(_ object: JSON) {
    self.init(name: object.objectName, uid: object[path: "metadata", "uid"]?.stringValue ?? "")
  }

  fileprivate init?(claim: JSON?) {
    guard let claim, let name = claim["name"]?.stringValue else { return nil }
    self.init(name: name, uid: claim["uid"]?.stringValue ?? "")
  }

  /// A node that is gone is told by its name alone.
  fileprivate var claim: JSON { uid.isEmpty ? ["name": .string(name)] : ["name": .string(name), "uid": .string(uid)] }
}

/// What a token of a service account says (upstream's pkg/serviceaccount: the registered claims of RFC 7519 and the
/// private ones below `kubernetes.io`).
struct ServiceAccountClaims: Sendable, Hashable {
  var issuer: String
  var audiences: [String]
  var namespace: String
  var account: ObjectIdentity
  var pod: ObjectIdentity?
  var secret: ObjectIdentity?
  var node: ObjectIdentity?
  /// The token's own name, unique over time and space.
  var id: String
  var issuedAt: Int
  /// Seconds since 1970, as all times here.
  var expiresAt: Int
  /// When the bearer should have taken a new one, where `expiresAt` lets him off longer.
  var warnAfter: Int?

  static func subject(namespace: String, name: String) -> String { "system:serviceaccount:\(namespace):\(name)" }

  var subject: String { Self.subject(namespace: namespace, name: account.name) }

  var json: JSON {
    var kubernetes: JSON = ["namespace": .string(namespace)]
    kubernetes["node"] = node?.claim
    kubernetes["pod"] = pod?.claim
    kubernetes["secret"] = secret?.claim
    kubernetes["serviceaccount"] = account.claim
    kubernetes["warnafter"] = warnAfter.map { .int($0) }
    return [
      "aud": .array(audiences.map { .string($0) }), "exp": .int(expiresAt), "iat": .int(issuedAt),
      "iss": .string(issuer), "jti": .string(id), "kubernetes.io": kubernetes, "nbf": .int(issuedAt),
      "sub": .string(subject),
    ]
  }

  /// Nil when something that every token says is missing, or contradicts itself.
  init?(json: JSON) {
    let kubernetes = json["kubernetes.io"]
    guard let issuer = json["iss"]?.stringValue, let namespace = kubernetes?["namespace"]?.stringValue,
      let account = ObjectIdentity(claim: kubernetes?["serviceaccount"]), let expiresAt = json["exp"]?.intValue,
      let notBefore = json["nbf"]?.intValue, json["sub"]?.stringValue == Self.subject(namespace: namespace, name: account.name)
    else { return nil }
    self.issuer = issuer
    self.namespace = namespace
    self.account = account
    self.expiresAt = expiresAt
    issuedAt = notBefore
    audiences = Self.audiences(json["aud"])
    id = json["jti"]?.stringValue ?? ""
    pod = ObjectIdentity(claim: kubernetes?["pod"])
    secret = ObjectIdentity(claim: kubernetes?["secret"])
    node = ObjectIdentity(claim: kubernetes?["node"])
    warnAfter = kubernetes?["warnafter"]?.intValue
  }

  init(
    issuer: String, audiences: [String], namespace: String, account: ObjectIdentity, id: String, issuedAt: Int,
    expiresAt: Int
  ) {
    self.issuer = issuer
    self.audiences = audiences
    self.namespace = namespace
    self.account = account
    self.id = id
    self.issuedAt = issuedAt
    self.expiresAt = expiresAt
  }

  /// One audience may stand for itself, without a list.
  private static func audiences(_ claim: JSON?) -> [String] {
    if let one = claim?.stringValue { return [one] }
    return claim?.arrayValue?.compactMap(\.stringValue) ?? []
  }
}

/// What the tokens said that lie in Secrets of type `kubernetes.io/service-account-token`: no end, no audience.
struct LegacyClaims: Sendable, Hashable {
  static let issuer = "kubernetes/serviceaccount"
  private static let prefix = "kubernetes.io/serviceaccount/"

  var namespace: String
  var account: ObjectIdentity
  var secretName: String

  var subject: String { ServiceAccountClaims.subject(namespace: namespace, name: account.name) }

  var json: JSON {
    var claims: JSON = ["iss": .string(Self.issuer)]
    claims[Self.prefix + "namespace"] = .string(namespace)
    claims[Self.prefix + "secret.name"] = .string(secretName)
    claims[Self.prefix + "service-account.name"] = .string(account.name)
    claims[Self.prefix + "service-account.uid"] = .string(account.uid)
    claims["sub"] = .string(subject)
    return claims
  }

  init(namespace: String, account: ObjectIdentity, secretName: String) {
    self.namespace = namespace
    self.account = account
    self.secretName = secretName
  }

  init?(json: JSON) {
    func claim(_ name: String) -> String? { json[Self.prefix + name]?.stringValue }
    guard json["iss"]?.stringValue == Self.issuer, let namespace = claim("namespace"), let secret = claim("secret.name"),
      let name = claim("service-account.name"), let uid = claim("service-account.uid"),
      json["sub"]?.stringValue == ServiceAccountClaims.subject(namespace: namespace, name: name)
    else { return nil }
    self.init(namespace: namespace, account: ObjectIdentity(name: name, uid: uid), secretName: secret)
  }
}
