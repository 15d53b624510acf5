import HTTPServing
import KubernetesAPI

/// The resources of the API: one request becomes one call of the registry, and its answer becomes text.
struct ResourceEndpoint: RequestEndpoint {
  let registry: Registry
  let nodes: NodeLookup
  private let kinds: [Address: RegisteredKind]

  private struct Address: Hashable {
    var group: String
    var version: String
    var plural: String
  }

  init(registry: Registry, nodes: @escaping NodeLookup) {
    self.registry = registry
    self.nodes = nodes
    kinds = Dictionary(
      registry.kinds.map { (Address(group: $0.kind.group, version: $0.kind.version, plural: $0.kind.plural), $0) },
      uniquingKeysWith: { first, _ in first })
  }

  func kind(_ info: RequestInfo) -> RegisteredKind? {
    kinds[Address(group: info.group, version: info.version, plural: info.resource)]
  }

  func respond(to request: APIRequest, user: UserInfo) async throws -> APIResponse? {
    guard request.info.isResourceRequest, let registered = kind(request.info) else { return nil }
    if let report = try await report(request, registered, user) { return report }
    let call = try ResourceCall(request, registered, user)
    switch request.info.verb {
    case "get": return try await get(call)
    case "list": return try await list(call)
    case "watch": return try await watch(call)
    case "create": return try await create(call)
    case "update": return try await update(call)
    case "patch": return try await patch(call)
    case "delete": return try await delete(call)
    case "deletecollection": return try await deleteCollection(call)
    default: throw Status.methodNotAllowed(request)
    }
  }
}

/// One request on a resource, with everything the verbs need of it.
struct ResourceCall: Sendable {
  let request: APIRequest
  let registered: RegisteredKind
  let user: UserInfo
  let key: ObjectKey
  /// Nil for all namespaces, and for kinds without.
  let namespace: String?
  let subresource: String?
  let renderer: ObjectRenderer

  var kind: Kind { registered.kind }

  /// Throws 404 for a path that does not fit the kind's scope, 406 for an answer that nobody can write.
  init(_ request: APIRequest, _ registered: RegisteredKind, _ user: UserInfo) throws(Status) {
    self.request = request
    self.registered = registered
    self.user = user
    let info = request.info
    let isNamespace = info.resource == "namespaces" && info.group.isEmpty
    let namespace = isNamespace ? "" : info.namespace
    guard registered.kind.isNamespaced || namespace.isEmpty else { throw .unknownPath }
    guard !registered.kind.isNamespaced || !namespace.isEmpty || info.name.isEmpty else { throw .unknownPath }
    guard info.parts.count <= 3 || info.subresource == "proxy" else { throw .unknownPath }
    key = ObjectKey(namespace: namespace, name: info.name)
    self.namespace = namespace.isEmpty ? nil : namespace
    subresource = info.subresource.isEmpty ? nil : info.subresource
    renderer = try ObjectRenderer(request, registered)
  }
}

extension ResourceEndpoint {
  private func get(_ call: ResourceCall) async throws -> APIResponse {
    if let stream = try await streamed(call) { return stream }
    let object = try await registry.get(
      call.kind, call.key, subresource: call.subresource,
      resourceVersion: call.request.query["resourceVersion"] ?? "", user: call.user)
    return try call.renderer.response(object)
  }

  private func list(_ call: ResourceCall) async throws -> APIResponse {
    let list = try await registry.list(
      call.kind, namespace: call.namespace, call.request.listOptions(), user: call.user)
    return try call.renderer.response(list)
  }

  /// History that is gone is told inside the stream, as upstream's watch cache tells it; other failures as usual.
  private func watch(_ call: ResourceCall) async throws -> APIResponse {
    do {
      let watch = try await registry.watch(
        call.kind, namespace: call.namespace, call.request.listOptions(), user: call.user)
      return call.renderer.response(watch)
    } catch let status as Status where status.code == 410 {
      return call.renderer.watchResponse(failing: status)
    }
  }

  private func create(_ call: ResourceCall) async throws -> APIResponse {
    if let stream = try await streamed(call) { return stream }
    guard call.subresource != nil || call.key.name.isEmpty else { throw Status.methodNotAllowed(call.request) }
    guard !call.kind.isNamespaced || call.namespace != nil else { throw Status.methodNotAllowed(call.request) }
    let body = try call.request.jsonBody(expected: call.kind.kind)
    let result = try await registry.create(
      call.kind, namespace: call.key.namespace, name: call.key.name, body, subresource: call.subresource,
      call.request.writeOptions(), user: call.user)
    return try call.renderer.response(result)
  }

  private func update(_ call: ResourceCall) async throws -> APIResponse {
    guard !call.key.name.isEmpty else { throw Status.methodNotAllowed(call.request) }
    let body = try call.request.jsonBody(expected: call.kind.kind)
    let result = try await registry.update(
      call.kind, call.key, body, subresource: call.subresource, call.request.writeOptions(), user: call.user)
    return try call.renderer.response(result)
  }

  private func patch(_ call: ResourceCall) async throws -> APIResponse {
    guard !call.key.name.isEmpty else { throw Status.methodNotAllowed(call.request) }
    let (patch, duplicates) = try call.request.patch()
    let result = try await registry.patch(
      call.kind, call.key, patch, duplicatePaths: duplicates, subresource: call.subresource,
      call.request.writeOptions(), user: call.user)
    return try call.renderer.response(result)
  }

  private func delete(_ call: ResourceCall) async throws -> APIResponse {
    guard call.subresource == nil else { throw Status.methodNotAllowed(call.request) }
    let result = try await registry.delete(call.kind, call.key, call.request.deleteOptions(), user: call.user)
    return .json(result.responseBytes)
  }

  private func deleteCollection(_ call: ResourceCall) async throws -> APIResponse {
    guard !call.kind.isNamespaced || call.namespace != nil else { throw Status.methodNotAllowed(call.request) }
    let list = try await registry.deleteCollection(
      call.kind, namespace: call.namespace, call.request.listOptions(), call.request.deleteOptions(), user: call.user)
    return try call.renderer.response(list)
  }
}

extension APIRequest {
  /// The body of PATCH, and the members it holds more than once. Throws 415 for a type that is none, 400 for a text that
  /// is no JSON.
  func patch() throws(Status) -> (patch: Patch, duplicatePaths: [String]) {
    let type = try PatchType(contentType: contentType)
    do throws(JSONParseError) {
      let (value, duplicates) = try JSONParser.parseReportingDuplicates(body)
      switch type {
      case .json: return (.json(value), duplicates)
      case .merge: return (.merge(value), duplicates)
      case .strategicMerge: return (.strategicMerge(value), duplicates)
      }
    } catch {
      throw .badRequest("error decoding patch: \(error.description) at byte \(error.offset)")
    }
  }
}
