import KubernetesAPI
import Storage

/// Committing: every change of an object goes through here.
extension Registry {
  /// Tries at one change before others must have starved it.
  static let maximumAttempts = 64

  /// Stores an object under a condition and returns it as stored, once the cache has it. Throws `StorageError` of
  /// `.conditionFailed`, which the caller decides about; everything else as `Status`.
  func commit(
    _ object: JSON, _ registered: RegisteredKind, _ cache: KindCache,
    if condition: (String) -> StoreTransaction.Condition
  ) async throws -> StoredObject {
    let key = object.objectKey
    let storeKey = WatchCache.storeKey(registered.kind, key)
    let value = cache.codec.encode(object)
    let transaction = StoreTransaction(
      conditions: [condition(storeKey)], writes: [.put(key: storeKey, value: value)],
      durability: registered.strategy.durability)
    return try await self.cache.withTree(object, of: value, at: storeKey) {
      let revision = try await commit(transaction)
      if let stored = cache[key], stored.revision == revision { return stored }
      // Somebody was faster to change it again; this caller still gets what it wrote.
      let entry = StoredEntry(key: storeKey, value: value, createRevision: revision, modRevision: revision)
      return try cache.codec.object(entry, tree: object)
    }
  }

  /// Removes an object as it stands at `revision`.
  func commitDelete(_ registered: RegisteredKind, _ key: ObjectKey, at revision: Revision) async throws {
    let storeKey = WatchCache.storeKey(registered.kind, key)
    try await commit(
      StoreTransaction(
        conditions: [.unchanged(key: storeKey, modRevision: revision)], writes: [.delete(key: storeKey)],
        durability: registered.strategy.durability))
  }

  @discardableResult
  private func commit(_ transaction: StoreTransaction) async throws -> Revision {
    do {
      let revision = try await store.commit(transaction)
      try await cache.gate.wait(for: revision)
      return revision
    } catch let error as StorageError {
      if case .conditionFailed = error { throw error }
      throw error.status
    }
  }

  /// Changes an object: reads it, decides, writes on condition that it is still the same, and starts over when it is
  /// not. `decide` throws `Status` to give up (a version that the client insists on and that is gone, for example).
  func change(
    _ registered: RegisteredKind, _ cache: KindCache, _ key: ObjectKey, isDryRun: Bool,
    _ decide: (StoredObject) async throws -> UpdatePlan.Outcome
  ) async throws -> (object: StoredObject, isGone: Bool) {
    try await waitUntilFresh()
    for _ in 0..<Self.maximumAttempts {
      guard let current = cache[key] else { throw Status.notFound(registered.kind, name: key.name) }
      let outcome = try await decide(current)
      do {
        return try await perform(outcome, on: current, registered, cache, isDryRun: isDryRun)
      } catch StorageError.conditionFailed {
        try await waitUntilFresh()
      }
    }
    throw Status.conflict(registered.kind, name: key.name)
  }

  private func perform(
    _ outcome: UpdatePlan.Outcome, on current: StoredObject, _ registered: RegisteredKind, _ cache: KindCache,
    isDryRun: Bool
  ) async throws -> (object: StoredObject, isGone: Bool) {
    switch outcome {
    case .unchanged: return (current, false)
    case .put(let object) where isDryRun: return (cache.codec.unstored(object), false)
    case .delete(let object) where isDryRun: return (cache.codec.unstored(object), true)
    case .put(let object):
      let stored = try await commit(object, registered, cache) { .unchanged(key: $0, modRevision: current.revision) }
      return (stored, false)
    case .delete(let object):
      try await commitDelete(registered, current.key, at: current.revision)
      didRemove(current, registered)
      return (cache.codec.unstored(object), true)
    }
  }

  /// Gives back what a removed object held of the server's pools.
  func didRemove(_ object: StoredObject, _ registered: RegisteredKind) {
    if registered.strategy is ServiceStrategy { services.release(object.json) }
  }
}
