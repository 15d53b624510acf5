import HTTPServing
import KubernetesAPI

/// The questions of `authentication.k8s.io` and `authorization.k8s.io`: whose token is this, may he do that, who am I.
/// Each is created, answered in its status, and forgotten.
struct ReviewEndpoint: RequestEndpoint {
  /// Nil where the server issues no tokens; then nobody's token is known.
  let tokens: ServiceAccountAuthenticator?
  let authorizer: any Authorizer

  init(_ registry: Registry, authorizer: any Authorizer) {
    tokens = registry.configuration.tokens.map { ServiceAccountAuthenticator(registry: registry, tokens: $0) }
    self.authorizer = authorizer
  }

  private static let kinds = [
    RegisteredKind(TokenReviewFields.self, PlainStrategy()),
    RegisteredKind(SelfSubjectReviewFields.self, PlainStrategy()),
    RegisteredKind(SubjectAccessReviewFields.self, PlainStrategy()),
    RegisteredKind(LocalSubjectAccessReviewFields.self, PlainStrategy()),
    RegisteredKind(SelfSubjectAccessReviewFields.self, PlainStrategy()),
    RegisteredKind(SelfSubjectRulesReviewFields.self, PlainStrategy()),
  ]

  func kind(_ info: RequestInfo) -> RegisteredKind? {
    Self.kinds.first {
      $0.kind.group == info.group && $0.kind.version == info.version && $0.kind.plural == info.resource
    }
  }

  func respond(to request: APIRequest, user: UserInfo) async throws -> APIResponse? {
    let info = request.info
    guard info.isResourceRequest, let registered = kind(info) else { return nil }
    guard info.name.isEmpty, registered.kind.isNamespaced == !info.namespace.isEmpty else { throw Status.unknownPath }
    guard info.verb == "create" else { throw Status.methodNotAllowed(request) }
    let options = try request.writeOptions()
    var (review, warnings) = try ObjectDecoding(registered: registered, validation: options.fieldValidation).decode(
      try request.jsonBody(expected: registered.kind.kind))
    try registered.place(&review, in: info.namespace)
    if review[path: "metadata", "creationTimestamp"] == nil { review["metadata"]?["creationTimestamp"] = .null }
    review = try answered(review, registered.kind, user)
    var response = APIResponse.json(review.bytes, code: 201)
    for warning in warnings { response.headers.add(name: "warning", value: "299 - \(JSON.string(warning).text)") }
    return response
  }

  /// Nil for a kind that is no question.
  func answer(_ review: JSON, _ kind: Kind, _ user: UserInfo) throws(Status) -> JSON? {
    guard Self.kinds.contains(where: { $0.kind == kind }) else { return nil }
    return try answered(review, kind, user)
  }

  private func answered(_ review: JSON, _ kind: Kind, _ user: UserInfo) throws(Status) -> JSON {
    var review = review
    review["status"] = try status(of: review, kind, user)
    return review
  }

  private func status(of review: JSON, _ kind: Kind, _ user: UserInfo) throws(Status) -> JSON {
    switch kind.kind {
    case "SelfSubjectReview": return ["userInfo": user.json]
    case "TokenReview": return try tokenStatus(TokenReview(unchecked: review).spec)
    default:
      let causes = validateAccessReview(review, kind)
      guard causes.isEmpty else { throw .invalid(kind, name: "", causes) }
    }
    guard kind.kind != "SelfSubjectRulesReview" else {
      return authorizer.rules(for: user, namespace: review[path: "spec", "namespace"]?.stringValue ?? "").json
    }
    let spec = SubjectAccessReview(unchecked: review).spec
    return accessStatus(spec, kind.kind == "SelfSubjectAccessReview" ? user : UserInfo(spec))
  }

  // MARK: tokens

  private func tokenStatus(_ spec: TokenReviewSpec) throws(Status) -> JSON {
    guard !spec.token.isEmpty else { throw .badRequest("token is required for TokenReview in authentication") }
    do throws(ServiceAccountAuthenticator.Refusal) {
      guard let tokens else { throw ServiceAccountAuthenticator.Refusal("invalid bearer token") }
      let asked = spec.audiences.isEmpty ? tokens.tokens.audiences : spec.audiences
      var answer = try tokens.authenticate(token: spec.token, audiences: asked)
      answer.user.groups.append(UserInfo.authenticatedGroup)
      return [
        "authenticated": true, "user": answer.user.json, "audiences": .array(answer.audiences.map { .string($0) }),
      ]
    } catch {
      let invalid = "invalid bearer token"
      let text = error.description == invalid ? invalid : "[\(invalid), \(error.description)]"
      return ["user": .emptyObject, "error": .string(text)]
    }
  }

  // MARK: access

  private func accessStatus(_ spec: SubjectAccessReviewSpec, _ user: UserInfo) -> JSON {
    switch authorizer.authorize(Self.attributes(spec, user)) {
    case .allow: return ["allowed": true]
    case .deny(let reason): return Self.refusal(["allowed": false, "denied": true], reason)
    case .noOpinion(let reason): return Self.refusal(["allowed": false], reason)
    }
  }

  private static func refusal(_ status: JSON, _ reason: String) -> JSON {
    var status = status
    if !reason.isEmpty { status["reason"] = .string(reason) }
    return status
  }

  private static func attributes(_ spec: SubjectAccessReviewSpec, _ user: UserInfo) -> AuthorizationAttributes {
    guard let asked = spec.resourceAttributes else {
      let path = spec.nonResourceAttributes
      var attributes = AuthorizationAttributes(user: user, verb: path?.verb ?? "", isResourceRequest: false)
      attributes.path = path?.path ?? ""
      return attributes
    }
    var attributes = AuthorizationAttributes(user: user, verb: asked.verb, isResourceRequest: true)
    attributes.group = asked.group
    attributes.version = asked.version
    attributes.resource = asked.resource
    attributes.subresource = asked.subresource
    attributes.namespace = asked.namespace
    attributes.name = asked.name
    return attributes
  }
}

extension UserInfo {
  init(_ spec: SubjectAccessReviewSpec) {
    self.init(name: spec.user, uid: spec.uid, groups: spec.groups, extra: spec.extra.mapValues(\.values))
  }

  /// The wire form (`authentication.k8s.io/v1`, UserInfo).
  var json: JSON {
    var json: JSON = ["username": .string(name)]
    if !uid.isEmpty { json["uid"] = .string(uid) }
    if !groups.isEmpty { json["groups"] = .array(groups.map { .string($0) }) }
    guard !extra.isEmpty else { return json }
    var facts = JSON.emptyObject
    for (key, values) in extra.sorted(by: { $0.key < $1.key }) { facts[key] = ExtraValue(values).json }
    json["extra"] = facts
    return json
  }
}
