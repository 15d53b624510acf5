import HTTPServing
import KubernetesAPI

/// Bearer tokens of service accounts: signed by this server's key, for one of its audiences, and not outlived by the
/// account, pod, Secret or node that they are bound to.
struct ServiceAccountAuthenticator: Authenticator {
  let registry: Registry
  let tokens: ServiceAccountTokens

  /// How far clocks may disagree, and how long a token outlives the deletion of what it is bound to.
  private static let leewaySeconds = 60

  /// Why a token is nobody's; for `TokenReview` and the log, never for the bearer himself.
  struct Refusal: Error, Equatable, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }

  struct Answer: Sendable, Equatable {
    var user: UserInfo
    /// Those of the audiences asked about that the token is for.
    var audiences: [String]
  }

  func authenticate(_ request: APIRequest) throws(Status) -> UserInfo? {
    guard let token = request.bearerToken else { return nil }
    do throws(Refusal) {
      var user = try authenticate(token: token, audiences: tokens.audiences).user
      user.groups.append(UserInfo.authenticatedGroup)
      return user
    } catch {
      throw .unauthorized
    }
  }

  /// Whose token it is, when it is for one of `audiences`.
  func authenticate(token text: String, audiences: [String]) throws(Refusal) -> Answer {
    guard let token = JSONWebToken(text), tokens.isSigner(of: token) else { throw Refusal("invalid bearer token") }
    if let legacy = LegacyClaims(json: token.claims) {
      return Answer(user: try user(legacy, text), audiences: try common(tokens.audiences, audiences))
    }
    guard let claims = ServiceAccountClaims(json: token.claims), claims.issuer == tokens.issuer else {
      throw Refusal("invalid bearer token")
    }
    let audiences = try common(claims.audiences, audiences)
    try checkTimes(claims)
    return Answer(user: try user(claims), audiences: audiences)
  }

  private func common(_ own: [String], _ asked: [String]) throws(Refusal) -> [String] {
    let common = own.filter(asked.contains)
    guard common.isEmpty else { return common }
    throw Refusal("token audiences \(Self.quoted(own)) is invalid for the target audiences \(Self.quoted(asked))")
  }

  private static func quoted(_ texts: [String]) -> String {
    "[" + texts.map { JSON.string($0).text }.joined(separator: " ") + "]"
  }

  private var now: Int { registry.environment.now().secondsSinceEpoch }

  private func checkTimes(_ claims: ServiceAccountClaims) throws(Refusal) {
    guard now <= claims.expiresAt + Self.leewaySeconds else { throw Refusal("service account token has expired") }
    guard now >= claims.issuedAt - Self.leewaySeconds else { throw Refusal("service account token is not valid yet") }
  }

  private func user(_ claims: ServiceAccountClaims) throws(Refusal) -> UserInfo {
    let namespace = claims.namespace
    _ = try live(ServiceAccount.kind, "service account", claims.account, namespace)
    if let secret = claims.secret { _ = try live(Secret.kind, "secret", secret, namespace) }
    if let pod = claims.pod { _ = try live(Pod.kind, "pod", pod, namespace) }
    // With a pod the node is told for information alone: the pod's own end ends the token.
    if claims.pod == nil, let node = claims.node { _ = try live(Node.kind, "node", node, "") }
    var user = Self.user(namespace: namespace, claims.account)
    user.extra["authentication.kubernetes.io/credential-id"] = claims.id.isEmpty ? nil : ["JTI=\(claims.id)"]
    for (kind, object) in [("pod", claims.pod), ("node", claims.node)] {
      guard let object else { continue }
      user.extra["authentication.kubernetes.io/\(kind)-name"] = [object.name]
      if !object.uid.isEmpty { user.extra["authentication.kubernetes.io/\(kind)-uid"] = [object.uid] }
    }
    return user
  }

  /// Taking the token out of its Secret, or the Secret away, is how such a token is revoked.
  private func user(_ claims: LegacyClaims, _ text: String) throws(Refusal) -> UserInfo {
    let key = ObjectKey(namespace: claims.namespace, name: claims.secretName)
    guard let secret = registry.cached(Secret.kind, key), !isGone(secret) else {
      throw Refusal("service account token has been invalidated")
    }
    guard Secret(unchecked: secret).data["token"]?.bytes == Array(text.utf8) else {
      throw Refusal("service account token does not match server's copy")
    }
    _ = try live(ServiceAccount.kind, "service account", claims.account, claims.namespace)
    return Self.user(namespace: claims.namespace, claims.account)
  }

  /// The object that a token names, still the same one and not gone.
  private func live(
    _ kind: Kind, _ word: String, _ identity: ObjectIdentity, _ namespace: String
  ) throws(Refusal) -> JSON {
    guard let object = registry.cached(kind, ObjectKey(namespace: namespace, name: identity.name)) else {
      throw Refusal("\(kind.plural) \"\(identity.name)\" not found")
    }
    let uid = object[path: "metadata", "uid"]?.stringValue ?? ""
    guard uid == identity.uid else { throw Refusal("\(word) UID (\(uid)) does not match claim (\(identity.uid))") }
    guard !isGone(object) else { throw Refusal("\(word) has been deleted") }
    return object
  }

  private func isGone(_ object: JSON) -> Bool {
    guard let deletion = object[path: "metadata", "deletionTimestamp"].flatMap(Timestamp.init(json:)) else {
      return false
    }
    return deletion.secondsSinceEpoch < now - Self.leewaySeconds
  }

  private static func user(namespace: String, _ account: ObjectIdentity) -> UserInfo {
    UserInfo(
      name: ServiceAccountClaims.subject(namespace: namespace, name: account.name), uid: account.uid,
      groups: [UserInfo.serviceAccountsGroup, "\(UserInfo.serviceAccountsGroup):\(namespace)"])
  }
}

extension UserInfo {
  package static let serviceAccountsGroup = "system:serviceaccounts"
}
