import Synchronization

/// The store of tests and simulations: everything in memory, history as long as `WatchHub` keeps it.
package final class MemoryStore: Store {
  fileprivate struct State {
    var revision: Revision = 1
    var entries = SortedEntries()
    var hub: WatchHub
    var isClosed = false
  }

  private let state: Mutex<State>

  /// - Parameters:
  ///   - maximumHistoryEvents: older events are compacted away.
  ///   - watcherBatches: how many transactions a watcher may lag behind.
  package init(
    maximumHistoryEvents: Int = WatchHub.defaultHistoryEvents, watcherBatches: Int = WatchHub.defaultWatcherBatches
  ) {
    let hub = WatchHub(
      compactedRevision: 1, maximumHistoryEvents: maximumHistoryEvents, watcherBatches: watcherBatches)
    state = Mutex(State(hub: hub))
  }

  package var revision: Revision { state.withLock { $0.revision } }

  package func get(_ key: String) throws -> StoredEntry? {
    try state.withLock { state in
      try state.checkOpen()
      return state.entries[key]
    }
  }

  package func range(prefix: String, after key: String?, limit: Int, at revision: Revision?) throws -> StoreRange {
    try state.withLock { state in
      try state.checkOpen()
      let entries = try state.entries(at: revision)
      return entries.range(prefix: prefix, after: key, limit: limit, revision: revision ?? state.revision)
    }
  }

  package func commit(_ transaction: StoreTransaction) async throws -> Revision {
    try state.withLock { state in
      try state.checkOpen()
      try state.check(transaction)
      let events = state.apply(transaction.writes)
      state.hub.publish(events)
      return state.revision
    }
  }

  package func watch(prefix: String, after revision: Revision) throws -> StoreWatchStream {
    try state.withLock { state in
      try state.checkOpen()
      return try state.hub.add(prefix: prefix, after: revision, newest: state.revision) { [weak self] id in
        self?.state.withLock { $0.hub.remove(id) }
      }
    }
  }

  package func compact(before revision: Revision) async throws {
    try state.withLock { state in
      try state.checkOpen()
      guard revision <= state.revision else { throw StorageError.futureRevision(newest: state.revision) }
      state.hub.compact(before: revision)
    }
  }

  package func close() async throws {
    state.withLock { state in
      state.isClosed = true
      state.hub.finish()
    }
  }
}

extension MemoryStore.State {
  func checkOpen() throws(StorageError) {
    if isClosed { throw .closed }
  }

  func check(_ transaction: StoreTransaction) throws(StorageError) {
    try transaction.checkKeysAreDistinct()
    for condition in transaction.conditions {
      switch condition {
      case .absent(let key):
        if let current = entries[key] { throw .conditionFailed(key: key, current: current) }
      case .unchanged(let key, let modRevision):
        let current = entries[key]
        guard current?.modRevision == modRevision else { throw .conditionFailed(key: key, current: current) }
      }
    }
  }

  mutating func apply(_ writes: [StoreTransaction.Write]) -> [StoreEvent] {
    let next = revision + 1
    let events = writes.compactMap { write -> StoreEvent? in
      switch write {
      case .put(let key, let value):
        let previous = entries[key]
        let entry = StoredEntry(
          key: key, value: value, createRevision: previous?.createRevision ?? next, modRevision: next)
        entries.put(entry)
        return StoreEvent(kind: .put, entry: entry, previous: previous)
      case .delete(let key):
        guard let previous = entries.remove(key) else { return nil }
        var entry = previous
        entry.modRevision = next
        return StoreEvent(kind: .delete, entry: entry, previous: previous)
      }
    }
    if !events.isEmpty { revision = next }
    return events
  }

  /// The entries as they stood at a revision: the present ones with later events undone.
  func entries(at past: Revision?) throws(StorageError) -> SortedEntries {
    guard let past, past != revision else { return entries }
    guard past < revision else { throw .futureRevision(newest: revision) }
    guard past >= hub.compactedRevision else { throw .compacted(oldest: hub.compactedRevision) }
    var entries = entries
    for event in Array(hub.events(after: past)).reversed() {
      if let previous = event.previous { entries.put(previous) } else { _ = entries.remove(event.entry.key) }
    }
    return entries
  }
}

extension StoreTransaction {
  /// Refuses a key that is written twice: what the outcome should be is nobody's guess.
  package func checkKeysAreDistinct() throws(StorageError) {
    guard writes.count > 1 else { return }
    var seen: Set<String> = []
    for write in writes where !seen.insert(write.key).inserted {
      throw .invalidTransaction("key \(write.key) is written twice in one transaction")
    }
  }
}

extension StoreTransaction.Write {
  package var key: String {
    switch self {
    case .put(let key, _), .delete(let key): key
    }
  }
}
