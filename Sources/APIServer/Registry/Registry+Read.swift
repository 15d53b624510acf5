import HTTPServing
import KubernetesAPI
import Storage

extension Registry {
  /// `resourceVersion` empty: the newest; "0": whatever is in memory; else at least that fresh.
  package func get(
    _ kind: Kind, _ key: ObjectKey, subresource: String? = nil, resourceVersion: String = "", user: UserInfo
  ) async throws -> StoredObject {
    let (registered, cache) = try serving(kind)
    try registered.check(subresource: subresource, verb: "get")
    try await waitUntilFresh(resourceVersion)
    guard let object = cache[key] else { throw Status.notFound(kind, name: key.name) }
    guard subresource == "scale" else { return object }
    return .answer(ScaleConversion.of(object.json), key: key)
  }

  /// `namespace` nil lists all namespaces.
  package func list(
    _ kind: Kind, namespace: String?, _ options: RegistryListOptions = RegistryListOptions(), user: UserInfo
  ) async throws -> StoredList {
    let (registered, cache) = try serving(kind)
    try options.checkForList()
    let filter = try ObjectFilter(registered, namespace: namespace, options.list)
    guard options.list.continueToken.isEmpty else { return try await continueList(options, filter, cache) }
    if options.resourceVersionMatch == "Exact" {
      let revision = try Self.version(options.list.resourceVersion)
      try await waitUntilFresh(options.list.resourceVersion)
      guard let snapshot = cache.snapshot(at: revision) else { throw Self.tooOld(revision, cache) }
      return page(snapshot, at: revision, after: nil, filter, options.list)
    }
    try await waitUntilFresh(options.list.resourceVersion)
    // The revision is read first: a list may be newer than it says, never older.
    let revision = self.cache.gate.applied
    return page(cache.snapshot, at: revision, after: nil, filter, options.list)
  }

  private func continueList(
    _ options: RegistryListOptions, _ filter: ObjectFilter, _ cache: KindCache
  ) async throws -> StoredList {
    guard let token = ContinueToken(options.list.continueToken) else {
      throw Status.badRequest("continue key is not valid: illegal base64 data or format")
    }
    guard options.list.resourceVersion.isEmpty || options.list.resourceVersion == "0" else {
      throw Status.badRequest("specifying resource version is not allowed when using continue")
    }
    guard let revision = token.revision else {
      try await waitUntilFresh()
      return page(cache.snapshot, at: self.cache.gate.applied, after: token.key, filter, options.list)
    }
    try await self.cache.gate.wait(for: revision)
    guard let snapshot = cache.snapshot(at: revision) else { throw token.expired }
    return page(snapshot, at: revision, after: token.key, filter, options.list)
  }

  private func page(
    _ objects: SortedObjects, at revision: Revision, after key: ObjectKey?, _ filter: ObjectFilter,
    _ options: ListOptions
  ) -> StoredList {
    var list = StoredList(items: [], resourceVersion: String(revision))
    let range = objects.range(namespace: filter.namespace, after: key)
    guard options.limit > 0 else {
      list.items = range.filter(filter.matches)
      return list
    }
    for (position, object) in zip(range.indices, range) where filter.matches(object) {
      if list.items.count == options.limit {
        list.continueToken = ContinueToken(revision: revision, key: list.items[list.items.count - 1].key).text
        if filter.isOnlyNamespace { list.remainingItemCount = range.endIndex - position }
        break
      }
      list.items.append(object)
    }
    return list
  }

  /// Waits as a request's `resourceVersion` demands. Throws 504 when that version does not come in time.
  func waitUntilFresh(_ resourceVersion: String) async throws {
    switch resourceVersion {
    case "": try await waitUntilFresh()
    case "0": break
    default:
      let revision = try Self.version(resourceVersion)
      guard revision > cache.gate.applied else { return }
      try await waitForFuture(revision)
    }
  }

  private func waitForFuture(_ revision: Revision) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await self.cache.gate.wait(for: revision) }
      group.addTask {
        try await self.environment.sleep(self.configuration.freshnessTimeoutSeconds)
        throw Status.tooLargeResourceVersion(revision, current: self.cache.gate.applied)
      }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  static func version(_ text: String) throws(Status) -> Revision {
    guard let revision = Int(text), revision >= 0 else {
      throw .badRequest("Invalid value: \"\(text)\": strconv.ParseUint: parsing \"\(text)\": invalid syntax")
    }
    return revision
  }

  private static func tooOld(_ revision: Revision, _ cache: KindCache) -> Status {
    .expired("The provided resource version is too old: \(revision)")
  }
}

extension Status {
  /// A version that no write has had yet.
  static func tooLargeResourceVersion(_ revision: Revision, current: Revision) -> Status {
    let cause = Cause(reason: "ResourceVersionTooLarge", message: "Too large resource version")
    var status = Status(
      code: 504, reason: .timeout,
      message: "Timeout: Too large resource version: \(revision), current: \(current)",
      details: Details(causes: [cause]))
    status.details?.retryAfterSeconds = 1
    return status
  }
}
