import HTTPServing
import KubernetesAPI
import Synchronization

/// The way to the registry inside the server process: direct calls that return the cache's own decoded trees, shared by
/// everybody. Acts for one user, and asks `authorizer`, when there is one, as the HTTP front does.
package struct InProcessTransport: APITransport {
  private let registry: Registry
  private let user: UserInfo
  private let authorizer: (any Authorizer)?
  /// Nil without an authorizer: nobody can say then who may what.
  private let reviews: ReviewEndpoint?

  package init(registry: Registry, user: UserInfo, authorizer: (any Authorizer)? = nil) {
    self.registry = registry
    self.user = user
    self.authorizer = authorizer
    reviews = authorizer.map { ReviewEndpoint(registry, authorizer: $0) }
  }

  /// Throws 403.
  private func authorize(
    _ verb: String, _ kind: Kind, namespace: String?, name: String = "", subresource: String? = nil
  ) throws(Status) {
    guard let authorizer else { return }
    var attributes = AuthorizationAttributes(user: user, verb: verb, isResourceRequest: true)
    attributes.group = kind.group
    attributes.version = kind.version
    attributes.resource = kind.plural
    attributes.subresource = subresource ?? ""
    attributes.namespace = namespace ?? ""
    attributes.name = name
    switch authorizer.authorize(attributes) {
    case .allow: return
    case .deny(let reason), .noOpinion(let reason): throw .forbidden(attributes, reason: reason)
    }
  }

  package func get(_ kind: Kind, _ key: ObjectKey) async throws -> JSON {
    try authorize("get", kind, namespace: key.namespace, name: key.name)
    return try await registry.get(kind, key, user: user).json
  }

  package func list(_ kind: Kind, namespace: String?, _ options: ListOptions) async throws -> ObjectList {
    try authorize("list", kind, namespace: namespace)
    let list = try await registry.list(kind, namespace: namespace, RegistryListOptions(options), user: user)
    var result = ObjectList(items: list.items.map(\.json), resourceVersion: list.resourceVersion)
    result.continueToken = list.continueToken
    result.remainingItemCount = list.remainingItemCount
    return result
  }

  package func watch(_ kind: Kind, namespace: String?, _ options: ListOptions) async throws -> WatchStream {
    try authorize("watch", kind, namespace: namespace)
    let watch = try await registry.watch(kind, namespace: namespace, RegistryListOptions(options), user: user)
    let cursor = WatchCursor(watch)
    return WatchStream { try await cursor.next() }
  }

  package func create(
    _ kind: Kind, namespace: String, _ object: JSON, subresource: String?
  ) async throws -> JSON {
    let name = subresource == nil ? "" : object.objectName
    try authorize("create", kind, namespace: namespace, name: name, subresource: subresource)
    if let answer = try reviews?.answer(object, kind, user) { return answer }
    return try await registry.create(
      kind, namespace: namespace, name: name, ObjectBody(object), subresource: subresource, user: user
    ).object.json
  }

  package func update(_ kind: Kind, _ object: JSON, subresource: String?) async throws -> JSON {
    let key = object.objectKey
    try authorize("update", kind, namespace: key.namespace, name: key.name, subresource: subresource)
    return try await registry.update(kind, key, ObjectBody(object), subresource: subresource, user: user).object.json
  }

  package func patch(_ kind: Kind, _ key: ObjectKey, _ patch: Patch, subresource: String?) async throws -> JSON {
    try authorize("patch", kind, namespace: key.namespace, name: key.name, subresource: subresource)
    return try await registry.patch(kind, key, patch, subresource: subresource, user: user).object.json
  }

  @discardableResult
  package func delete(_ kind: Kind, _ key: ObjectKey, _ options: DeleteOptions) async throws -> JSON {
    try authorize("delete", kind, namespace: key.namespace, name: key.name)
    return try await registry.delete(kind, key, options, user: user).object.json
  }
}

/// Hands out the events of a watch one by one. One consumer.
private final class WatchCursor: Sendable {
  private let watch: RegistryWatch
  private let batch = Mutex<ArraySlice<RegistryEvent>>([])

  init(_ watch: RegistryWatch) { self.watch = watch }

  func next() async throws -> WatchEvent? {
    while true {
      if let event = batch.withLock({ $0.popFirst() }) { return WatchEvent(event.type, event.object.json) }
      guard let events = try await watch.next() else { return nil }
      batch.withLock { $0 = events[...] }
    }
  }
}
