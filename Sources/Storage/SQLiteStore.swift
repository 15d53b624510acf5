import GRDB
import Synchronization

/// The embedded engine: SQLite in WAL mode, one writer, reads on a pool of their own connections.
///
/// Writers group-commit: everything that waits when the writer comes round shares one SQLite transaction, so one fsync
/// serves many. A batch of volatile writes alone is not synced: it survives the end of the process, not of the machine.
/// Recent history for watches lives in memory, so a watch cannot resume across a restart: it gets `.compacted`.
package final class SQLiteStore: Store {
  /// Writes that may wait for the writer before further ones are refused.
  package static let maximumPendingWrites = 10_000

  private struct Pending {
    var transaction: StoreTransaction
    var continuation: CheckedContinuation<Revision, any Error>
  }

  private struct State {
    var revision: Revision
    var hub: WatchHub
    var pending: [Pending] = []
    var isFlushing = false
    var isClosed = false
  }

  private let pool: DatabasePool
  private let state: Mutex<State>
  /// Held by the writer from its commit until watchers know of it, and by readers of the past, who need both to agree.
  /// Holds what the connection was told last. The one lock here that is held across I/O; readers of the present never
  /// take it.
  private let publication = Mutex<SQLiteBatch.SyncMode?>(nil)

  /// Opens or creates the database file at `path`. Throws `StorageError.io` naming the file.
  package init(path: String, maximumHistoryEvents: Int = WatchHub.defaultHistoryEvents,
    watcherBatches: Int = WatchHub.defaultWatcherBatches) throws {
    do {
      pool = try SQLiteSchema.open(path)
      let revision = try pool.read(SQLiteSchema.revision)
      let hub = WatchHub(
        compactedRevision: revision, maximumHistoryEvents: maximumHistoryEvents, watcherBatches: watcherBatches)
      state = Mutex(State(revision: revision, hub: hub))
    } catch {
      throw StorageError(error, path: path)
    }
  }

  package var revision: Revision { state.withLock { $0.revision } }

  package func get(_ key: String) throws -> StoredEntry? {
    try read { try SQLiteSchema.entry(key, $0) }
  }

  package func range(prefix: String, after key: String?, limit: Int, at revision: Revision?) throws -> StoreRange {
    if let revision { return try pastRange(prefix: prefix, after: key, limit: limit, at: revision) }
    return try read { database in
      try SQLiteSchema.range(prefix: prefix, after: key, limit: limit, database)
    }
  }

  package func commit(_ transaction: StoreTransaction) async throws -> Revision {
    try transaction.checkKeysAreDistinct()
    return try await withCheckedThrowingContinuation { continuation in
      let outcome = state.withLock { state -> Result<Bool, StorageError> in
        guard !state.isClosed else { return .failure(.closed) }
        guard state.pending.count < Self.maximumPendingWrites else {
          return .failure(.io("\(Self.maximumPendingWrites) writes wait for the disk; try again later"))
        }
        state.pending.append(Pending(transaction: transaction, continuation: continuation))
        defer { state.isFlushing = true }
        return .success(!state.isFlushing)
      }
      switch outcome {
      case .failure(let error): continuation.resume(throwing: error)
      case .success(let isFirst): if isFirst { startFlushing() }
      }
    }
  }

  package func watch(prefix: String, after revision: Revision) throws -> StoreWatchStream {
    try state.withLock { state in
      guard !state.isClosed else { throw StorageError.closed }
      return try state.hub.add(prefix: prefix, after: revision, newest: state.revision) { [weak self] id in
        self?.state.withLock { $0.hub.remove(id) }
      }
    }
  }

  package func compact(before revision: Revision) async throws {
    try state.withLock { state in
      guard !state.isClosed else { throw StorageError.closed }
      guard revision <= state.revision else { throw StorageError.futureRevision(newest: state.revision) }
      state.hub.compact(before: revision)
    }
  }

  package func close() async throws {
    let wasClosed = state.withLock { state in
      defer { state.isClosed = true }
      return state.isClosed
    }
    guard !wasClosed else { return }
    // The writer is serial: once this has run, everything that was accepted before is committed and answered.
    await withCheckedContinuation { continuation in
      pool.asyncWriteWithoutTransaction { _ in continuation.resume() }
    }
    state.withLock { $0.hub.finish() }
    do { try pool.close() } catch { throw StorageError(error, path: pool.path) }
  }

  // MARK: Reading

  private func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
    guard !state.withLock(\.isClosed) else { throw StorageError.closed }
    do { return try pool.unsafeRead(body) } catch { throw StorageError(error, path: pool.path) }
  }

  /// The present entries with later events undone.
  private func pastRange(prefix: String, after key: String?, limit: Int, at past: Revision) throws -> StoreRange {
    try publication.withLock { _ in
      let (newest, later) = try state.withLock { state in
        guard past <= state.revision else { throw StorageError.futureRevision(newest: state.revision) }
        guard past >= state.hub.compactedRevision else {
          throw StorageError.compacted(oldest: state.hub.compactedRevision)
        }
        return (state.revision, Array(state.hub.events(after: past)))
      }
      guard past != newest else {
        return try read { try SQLiteSchema.range(prefix: prefix, after: key, limit: limit, $0) }
      }
      var entries = SortedEntries()
      for entry in try read({ try SQLiteSchema.range(prefix: prefix, after: nil, limit: 0, $0) }).entries {
        entries.put(entry)
      }
      for event in later.reversed() where event.entry.key.utf8.starts(with: prefix.utf8) {
        if let previous = event.previous { entries.put(previous) } else { _ = entries.remove(event.entry.key) }
      }
      return entries.range(prefix: prefix, after: key, limit: limit, revision: past)
    }
  }

  // MARK: Writing

  private func startFlushing() {
    pool.asyncWriteWithoutTransaction { [self] database in
      while let batch = nextBatch() { flush(batch, database) }
    }
  }

  private func nextBatch() -> [Pending]? {
    state.withLock { state in
      guard !state.pending.isEmpty else {
        state.isFlushing = false
        return nil
      }
      defer { state.pending = [] }
      return state.pending
    }
  }

  private func flush(_ batch: [Pending], _ database: Database) {
    let answers = publication.withLock { mode -> [Result<Revision, any Error>] in
      do {
        let outcome = try SQLiteBatch.run(batch.map(\.transaction), after: revision, database, &mode)
        publish(outcome)
        return outcome.answers
      } catch {
        let failure = StorageError(error, path: pool.path)
        return batch.map { _ in .failure(failure) }
      }
    }
    for (pending, answer) in zip(batch, answers) { pending.continuation.resume(with: answer) }
  }

  private func publish(_ outcome: SQLiteBatch.Outcome) {
    state.withLock { state in
      state.revision = outcome.revision
      for events in outcome.events { state.hub.publish(events) }
    }
  }
}
