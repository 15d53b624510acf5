import HTTPServing
import KubernetesAPI

/// POST to `serviceaccounts/token`: a token for an account, bound to an object or to nothing.
extension Registry {
  private static let tokenRequests = RegisteredKind(TokenRequestFields.self, PlainStrategy())
  /// What kubelets ask for when a pod does not say: such a token is let off for a year, since clients of old read it
  /// once; the bearer is expected to take a new one after the time he asked for.
  private static let extendedRequestSeconds = 3607
  private static let extendedSeconds = 365 * 24 * 3600

  func issueToken(
    _ key: ObjectKey, _ body: ObjectBody, _ options: WriteOptions, user: UserInfo
  ) async throws -> WriteResult {
    guard let tokens = configuration.tokens else { throw Status.notImplemented("serviceaccounts/token") }
    let (decoded, warnings) = try ObjectDecoding(registered: Self.tokenRequests, validation: options.fieldValidation)
      .decode(body)
    var request = TokenRequest(unchecked: decoded)
    try checkNames(request, key)
    let account = try await get(ServiceAccount.kind, key, user: user).json
    request.metadata.name = key.name
    request.metadata.namespace = key.namespace
    request.metadata.creationTimestamp = environment.now()
    if request.spec.audiences.isEmpty { request.spec.audiences = tokens.audiences }
    let causes = validateTokenRequest(request)
    guard causes.isEmpty else { throw Status.invalid(TokenRequest.kind, name: "", causes) }
    let bound = try await boundObjects(request, key, user)
    try restrictNode(request, bound, user)
    request.status.json = try status(request, account, bound, tokens)
    return WriteResult(object: .answer(request.json, key: key), warnings: warnings, isCreated: true)
  }

  private func checkNames(_ request: TokenRequest, _ key: ObjectKey) throws(Status) {
    for (field, named, wanted) in [
      ("name", request.metadata.name, key.name), ("namespace", request.metadata.namespace, key.namespace),
    ] where !named.isEmpty && named != wanted {
      let noun = field == "name" ? "name" : "namespace"
      let cause = Status.Cause(
        reason: "FieldValueInvalid",
        message: "Invalid value: \(JSON.string(named).text): must match the service account \(noun) if specified",
        field: "metadata.\(field)")
      throw .invalid(TokenRequest.kind, name: key.name, [cause])
    }
  }

  private func status(
    _ request: TokenRequest, _ account: JSON, _ bound: BoundObjects, _ tokens: ServiceAccountTokens
  ) throws -> JSON {
    let now = environment.now().secondsSinceEpoch
    let seconds = request.spec.expirationSeconds ?? 0
    var claims = ServiceAccountClaims(
      issuer: tokens.issuer, audiences: request.spec.audiences, namespace: request.metadata.namespace,
      account: ObjectIdentity(account), id: environment.uid(), issuedAt: now, expiresAt: now + seconds)
    claims.pod = bound.pod.map { ObjectIdentity($0) }
    claims.secret = bound.secret
    claims.node = bound.node
    let isForServer = Set(request.spec.audiences).isSubset(of: tokens.audiences)
    if bound.pod != nil, seconds == Self.extendedRequestSeconds, isForServer {
      claims.warnAfter = now + seconds
      claims.expiresAt = now + Self.extendedSeconds
    }
    let end = Timestamp(secondsSinceEpoch: now + seconds)
    return ["token": .string(try tokens.sign(claims.json)), "expirationTimestamp": end.json]
  }
}

/// What a token ends with.
private struct BoundObjects {
  var pod: JSON?
  var secret: ObjectIdentity?
  var node: ObjectIdentity?
}

extension Registry {
  private func boundObjects(_ request: TokenRequest, _ key: ObjectKey, _ user: UserInfo) async throws -> BoundObjects {
    guard let reference = request.spec.boundObjectRef else { return BoundObjects() }
    var bound = BoundObjects()
    let namespaced = ObjectKey(namespace: key.namespace, name: reference.name)
    switch (reference.apiVersion, reference.kind) {
    case ("v1", "Pod"):
      let pod = try await get(Pod.kind, namespaced, user: user).json
      try check(reference, pod)
      guard Pod(unchecked: pod).spec.serviceAccountName == key.name else {
        throw Status.badRequest(
          "cannot bind token for serviceaccount \(JSON.string(key.name).text) to pod running with different "
            + "serviceaccount name.")
      }
      bound.pod = pod
      bound.node = node(of: pod)
    case ("v1", "Secret"):
      bound.secret = ObjectIdentity(try check(reference, try await get(Secret.kind, namespaced, user: user).json))
    case ("v1", "Node"):
      let node = try await get(Node.kind, ObjectKey(name: reference.name), user: user).json
      bound.node = ObjectIdentity(try check(reference, node))
    default:
      let version = reference.apiVersion.contains("/") ? reference.apiVersion : "/\(reference.apiVersion)"
      throw Status.badRequest("cannot bind token to object of type \(version), Kind=\(reference.kind)")
    }
    return bound
  }

  private func node(of pod: JSON) -> ObjectIdentity? {
    let name = Pod(unchecked: pod).spec.nodeName
    guard !name.isEmpty else { return nil }
    return cached(Node.kind, ObjectKey(name: name)).map { ObjectIdentity($0) } ?? ObjectIdentity(name: name, uid: "")
  }

  @discardableResult
  private func check(_ reference: BoundObjectReference, _ object: JSON) throws(Status) -> JSON {
    guard reference.uid.isEmpty || reference.uid == object[path: "metadata", "uid"]?.stringValue else {
      let resource = Kind(version: "v1", kind: reference.kind, plural: reference.kind)
      throw .conflict(
        resource, name: reference.name,
        "the UID in the bound object reference (\(reference.uid)) does not match the UID in record. "
          + "The object might have been deleted and then recreated")
    }
    return object
  }

  /// NodeRestriction: a node gets tokens for the pods that are bound to it, and for nothing else.
  private func restrictNode(_ request: TokenRequest, _ bound: BoundObjects, _ user: UserInfo) throws(Status) {
    guard user.groups.contains(UserInfo.nodesGroup), user.name.hasPrefix(UserInfo.nodeUserPrefix) else { return }
    let node = user.name.dropFirst(UserInfo.nodeUserPrefix.count)
    let why: String
    if bound.pod == nil {
      why = "node requested token not bound to a pod"
    } else if request.spec.boundObjectRef?.uid.isEmpty != false {
      why = "node requested token with a pod binding without a uid"
    } else if bound.pod?[path: "spec", "nodeName"]?.stringValue ?? "" != node {
      why = "node requested token bound to a pod scheduled on a different node"
    } else {
      return
    }
    throw .forbidden(ServiceAccount.kind, name: request.metadata.name, why)
  }
}
