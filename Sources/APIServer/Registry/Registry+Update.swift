import HTTPServing
import KubernetesAPI
import Storage

extension Registry {
  /// Replaces an object or its subresource. With `metadata.resourceVersion` in the body, only that version.
  package func update(
    _ kind: Kind, _ key: ObjectKey, _ body: ObjectBody, subresource: String? = nil,
    _ options: WriteOptions = WriteOptions(), user: UserInfo
  ) async throws -> WriteResult {
    let (registered, cache) = try serving(kind)
    try registered.check(subresource: subresource, verb: "update")
    if subresource == "scale" {
      return try await changeScale(registered, cache, key, options) { _ in body.json }
    }
    var (object, warnings) = try ObjectDecoding(registered: registered, validation: options.fieldValidation).decode(
      body)
    try registered.checkName(&object, key)
    if subresource == nil { warnings += registered.strategy.warnings(object) }
    if subresource == nil, registered.strategy.allowsCreateOnUpdate, try await isMissing(key, cache) {
      return try await create(
        kind, namespace: key.namespace, ObjectBody(object), options, user: user)
    }
    let wanted = object
    let result = try await replace(registered, cache, key, subresource, isDryRun: options.isDryRun) { _ in wanted }
    return WriteResult(object: result, warnings: warnings)
  }

  /// Changes an object or its subresource by a patch, again and again until nobody came between.
  package func patch(
    _ kind: Kind, _ key: ObjectKey, _ patch: Patch, duplicatePaths: [String] = [], subresource: String? = nil,
    _ options: WriteOptions = WriteOptions(), user: UserInfo
  ) async throws -> WriteResult {
    let (registered, cache) = try serving(kind)
    try registered.check(subresource: subresource, verb: "patch")
    if subresource == "scale" {
      return try await changeScale(registered, cache, key, options) { try apply(patch, to: $0, schema: nil) }
    }
    let decoding = ObjectDecoding(registered: registered, validation: options.fieldValidation)
    let duplicates = duplicatePaths.map { "duplicate field \"\($0)\"" }
    var warnings: [String] = []
    let result = try await replace(registered, cache, key, subresource, isDryRun: options.isDryRun) { current in
      let patched = try apply(patch, to: current, schema: registered.schema)
      var decoded =
        try subresource == "status"
        ? decoding.completeStatus(patched, of: current, duplicates) : decoding.complete(patched, duplicates)
      try registered.checkName(&decoded.object, key)
      warnings = decoded.warnings + registered.strategy.warnings(decoded.object)
      return decoded.object
    }
    return WriteResult(object: result, warnings: warnings)
  }

  private func isMissing(_ key: ObjectKey, _ cache: KindCache) async throws -> Bool {
    try await waitUntilFresh()
    return cache[key] == nil
  }

  /// `make` turns the present object into the wanted one.
  private func replace(
    _ registered: RegisteredKind, _ cache: KindCache, _ key: ObjectKey, _ subresource: String?, isDryRun: Bool,
    _ make: (JSON) throws -> JSON
  ) async throws -> StoredObject {
    let plan = UpdatePlan(registered: registered, subresource: subresource)
    let isService = registered.strategy is ServiceStrategy
    var change: ServiceAllocator.Change?
    do {
      let (object, _) = try await self.change(registered, cache, key, isDryRun: isDryRun) { current in
        if let previous = change.take() { services.rollBack(previous) }
        return try plan.outcome(old: current.json, new: try make(current.json)) { object, old in
          guard isService else { return }
          change = try services.reallocate(&object, old: old, isDryRun: isDryRun)
        }
      }
      if let change { services.complete(change) }
      return object
    } catch {
      if let change { services.rollBack(change) }
      throw error
    }
  }
}

extension RegisteredKind {
  /// The body of an update names what the URL names. Throws 400.
  func checkName(_ object: inout JSON, _ key: ObjectKey) throws(Status) {
    if object["metadata"]?.objectValue == nil { object["metadata"] = .emptyObject }
    guard !object.objectName.isEmpty else { throw .badRequest("name must be provided") }
    guard object.objectName == key.name else {
      throw .badRequest(
        "the name of the object (\(object.objectName)) does not match the name on the URL (\(key.name))")
    }
    guard object.objectNamespace.isEmpty || object.objectNamespace == key.namespace else {
      throw .badRequest(
        "the namespace of the object (\(object.objectNamespace)) does not match the namespace on the request "
          + "(\(key.namespace))")
    }
  }
}
