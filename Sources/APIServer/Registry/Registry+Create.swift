import HTTPServing
import KubernetesAPI
import Storage

extension Registry {
  /// How often another name is made for `metadata.generateName` when one is taken.
  private static let generatedNameAttempts = 8

  /// Creates an object, or posts to the subresource `subresource` of the object `name`.
  package func create(
    _ kind: Kind, namespace: String, name: String = "", _ body: ObjectBody, subresource: String? = nil,
    _ options: WriteOptions = WriteOptions(), user: UserInfo
  ) async throws -> WriteResult {
    let (registered, cache) = try serving(kind)
    try registered.check(subresource: subresource, verb: "create")
    if let subresource {
      let key = ObjectKey(namespace: namespace, name: name.isEmpty ? body.json.objectName : name)
      return try await post(registered, key, subresource, body, options, user: user)
    }
    let requested = environment.now().nanosecondsSinceEpoch
    var (object, warnings) = try ObjectDecoding(registered: registered, validation: options.fieldValidation).decode(
      body)
    try registered.place(&object, in: namespace)
    try await admitCreate(&object, registered)
    warnings += registered.strategy.warnings(object)
    let stored = try await create(object, registered, cache, isDryRun: options.isDryRun)
    if kind == Pod.kind, !options.isDryRun {
      milestones.created(
        uid: stored.json[path: "metadata", "uid"]?.stringValue ?? "", requested: requested,
        written: environment.now().nanosecondsSinceEpoch)
    }
    return WriteResult(object: stored, warnings: warnings, isCreated: true)
  }

  private func create(
    _ object: JSON, _ registered: RegisteredKind, _ cache: KindCache, isDryRun: Bool
  ) async throws -> StoredObject {
    let plan = CreatePlan(registered: registered, environment: environment)
    var object = object
    plan.prepare(&object)
    let isNameGiven = !object.objectName.isEmpty
    for attempt in 1... {
      var candidate = object
      plan.name(&candidate)
      do {
        return try await store(candidate, plan, cache, isDryRun: isDryRun)
      } catch let status as Status where status.reason == .alreadyExists {
        guard !isNameGiven, attempt < Self.generatedNameAttempts else { throw status }
      }
    }
    throw Status.internalError("unreachable")
  }

  private func store(
    _ object: JSON, _ plan: CreatePlan, _ cache: KindCache, isDryRun: Bool
  ) async throws -> StoredObject {
    let registered = plan.registered
    var object = object
    try plan.check(object)
    let reservation = try registered.strategy is ServiceStrategy ? services.allocate(&object, isDryRun: isDryRun) : nil
    do {
      let key = object.objectKey
      try await waitUntilFresh()
      guard cache[key] == nil else { throw Status.alreadyExists(registered.kind, name: key.name) }
      if isDryRun { return cache.codec.unstored(object) }
      return try await commit(object, registered, cache) { .absent(key: $0) }
    } catch {
      if let reservation { services.rollBack(reservation) }
      guard case StorageError.conditionFailed = error else { throw error }
      throw Status.alreadyExists(registered.kind, name: object.objectName)
    }
  }
}

extension RegisteredKind {
  /// Puts a new object into the namespace of the request. Throws 400 when it names another one.
  func place(_ object: inout JSON, in namespace: String) throws(Status) {
    if object["metadata"]?.objectValue == nil { object["metadata"] = .emptyObject }
    let named = object.objectNamespace
    guard kind.isNamespaced else {
      guard named.isEmpty else {
        throw .badRequest("namespace is not allowed on cluster-scoped objects of kind \(kind.kind)")
      }
      return
    }
    guard named.isEmpty || named == namespace else {
      throw .badRequest("the namespace of the provided object does not match the namespace sent on the request")
    }
    object["metadata"]?["namespace"] = .string(namespace)
  }

  /// Refuses subresources that the kind does not have.
  func check(subresource: String?, verb: String) throws(Status) {
    guard let subresource else { return }
    guard kind.subresources.contains(subresource) else {
      throw Status(code: 404, reason: .notFound, message: "the server could not find the requested resource")
    }
    let verbs = Self.subresourceVerbs[subresource] ?? []
    guard verbs.contains(verb) else {
      throw Status(
        code: 405, reason: .methodNotAllowed,
        message: "\(verb) is not supported on \(kind.qualifiedResource)/\(subresource)",
        details: .init(group: kind.group, kind: kind.plural))
    }
  }

  /// What the registry serves below an object; logs and streams are the HTTP front's.
  private static let subresourceVerbs: [String: Set<String>] = [
    "status": ["get", "update", "patch"], "scale": ["get", "update", "patch"], "finalize": ["update"],
    "binding": ["create"], "eviction": ["create"], "token": ["create"],
    "ephemeralcontainers": ["get", "update", "patch"], "resize": ["get", "update", "patch"],
  ]
}
