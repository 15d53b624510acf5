import GRDB

/// One group commit: many transactions of the store in one of SQLite.
enum SQLiteBatch {
  struct Outcome {
    var revision: Revision
    /// One answer for each transaction, in order.
    var answers: [Result<Revision, any Error>] = []
    /// The events of each transaction that changed something.
    var events: [[StoreEvent]] = []
  }

  /// Runs and commits the batch. A transaction whose conditions fail is answered so and leaves the others alone; an error
  /// of the disk undoes the whole batch and is thrown.
  static func run(
    _ transactions: [StoreTransaction], after revision: Revision, _ database: Database, _ mode: inout SyncMode?
  ) throws -> Outcome {
    let wanted: SyncMode = transactions.contains { $0.durability == .durable } ? .full : .normal
    if mode != wanted { try database.execute(sql: "PRAGMA synchronous = \(wanted.rawValue)") }
    mode = wanted
    var outcome = Outcome(revision: revision)
    try database.inTransaction(.immediate) {
      for transaction in transactions { try run(transaction, database, &outcome) }
      try SQLiteSchema.setRevision(outcome.revision, database)
      return .commit
    }
    return outcome
  }

  /// What the writer's connection does at the end of a transaction, as last set.
  enum SyncMode: String {
    case full = "FULL"
    case normal = "NORMAL"
  }

  /// The entries of a transaction's keys as it found them, each read once: what is written has mostly been a condition.
  private typealias Found = [String: StoredEntry?]

  private static func run(_ transaction: StoreTransaction, _ database: Database, _ outcome: inout Outcome) throws {
    var found: Found = [:]
    for condition in transaction.conditions {
      if let failure = try failure(of: condition, database, &found) {
        outcome.answers.append(.failure(failure))
        return
      }
    }
    let next = outcome.revision + 1
    let events = try transaction.writes.compactMap { try write($0, revision: next, database, found) }
    if !events.isEmpty {
      outcome.revision = next
      outcome.events.append(events)
    }
    outcome.answers.append(.success(outcome.revision))
  }

  private static func failure(
    of condition: StoreTransaction.Condition, _ database: Database, _ found: inout Found
  ) throws -> StorageError? {
    switch condition {
    case .absent(let key):
      let current = try SQLiteSchema.entry(key, database)
      found[key] = .some(current)
      return current.map { .conditionFailed(key: key, current: $0) }
    case .unchanged(let key, let modRevision):
      let current = try SQLiteSchema.entry(key, database)
      found[key] = .some(current)
      return current?.modRevision == modRevision ? nil : .conditionFailed(key: key, current: current)
    }
  }

  private static func write(
    _ write: StoreTransaction.Write, revision: Revision, _ database: Database, _ found: Found
  ) throws -> StoreEvent? {
    let previous = try found[write.key] ?? SQLiteSchema.entry(write.key, database)
    switch write {
    case .put(let key, let value):
      let entry = StoredEntry(
        key: key, value: value, createRevision: previous?.createRevision ?? revision, modRevision: revision)
      try SQLiteSchema.put(entry, database)
      return StoreEvent(kind: .put, entry: entry, previous: previous)
    case .delete(let key):
      guard let previous else { return nil }
      try SQLiteSchema.delete(key, database)
      var entry = previous
      entry.modRevision = revision
      return StoreEvent(kind: .delete, entry: entry, previous: previous)
    }
  }
}
