/// A position in the store's history. Every committed transaction that changes something has the next one.
package typealias Revision = Int

/// One key as it stood after the transaction `modRevision`.
package struct StoredEntry: Sendable, Equatable {
  package var key: String
  package var value: [UInt8]
  package var createRevision: Revision
  package var modRevision: Revision

  package init(key: String, value: [UInt8], createRevision: Revision, modRevision: Revision) {
    self.key = key
    self.value = value
    self.createRevision = createRevision
    self.modRevision = modRevision
  }
}

/// What a write must survive. Both kinds survive the end of the process.
package enum Durability: Sendable {
  case durable
  /// May be lost when power fails: Leases, Events.
  case volatile
}

/// Writes that happen together or not at all, when every condition holds. A key may be written once.
package struct StoreTransaction: Sendable {
  package enum Condition: Sendable {
    case absent(key: String)
    case unchanged(key: String, modRevision: Revision)
  }
  package enum Write: Sendable {
    case put(key: String, value: [UInt8])
    /// Deleting a key that is absent changes nothing.
    case delete(key: String)
  }
  package var conditions: [Condition]
  package var writes: [Write]
  package var durability: Durability

  package init(conditions: [Condition] = [], writes: [Write], durability: Durability = .durable) {
    self.conditions = conditions
    self.writes = writes
    self.durability = durability
  }
}

package struct StoreEvent: Sendable, Equatable {
  package enum Kind: Sendable { case put, delete }
  package var kind: Kind
  /// For a delete: the key, its last value, and the revision of the delete as `modRevision`.
  package var entry: StoredEntry
  package var previous: StoredEntry?

  package init(kind: Kind, entry: StoredEntry, previous: StoredEntry?) {
    self.kind = kind
    self.entry = entry
    self.previous = previous
  }
}

/// Batches in revision order; a batch never splits a transaction. Throws `StorageError.watcherTooSlow`, `.closed`.
package typealias StoreWatchStream = AsyncThrowingStream<[StoreEvent], any Error>

package struct StoreRange: Sendable {
  package var entries: [StoredEntry]
  /// The revision at which `entries` stood.
  package var revision: Revision
  /// There are further keys after the last entry.
  package var more: Bool

  package init(entries: [StoredEntry], revision: Revision, more: Bool) {
    self.entries = entries
    self.revision = revision
    self.more = more
  }
}

package enum StorageError: Error, Equatable {
  /// Nothing was written: `key` is not as the transaction expects it.
  case conditionFailed(key: String, current: StoredEntry?)
  /// History before `oldest` is gone.
  case compacted(oldest: Revision)
  case watcherTooSlow
  case futureRevision(newest: Revision)
  /// The transaction makes no sense (a key written twice).
  case invalidTransaction(String)
  case closed
  case diskFull(String)
  case io(String)
}

/// A revisioned key-value store with ordered keys: what the API server keeps objects in. It knows bytes, not objects.
///
/// Every call throws `StorageError`. Reads are synchronous and cheap: memory, or a read connection of the engine.
package protocol Store: Sendable {
  /// The newest revision.
  var revision: Revision { get }

  func get(_ key: String) throws -> StoredEntry?

  /// Keys that begin with `prefix`, bytewise ordered, after `key` when given; `limit` 0 means all.
  func range(prefix: String, after key: String?, limit: Int, at revision: Revision?) throws -> StoreRange

  /// Returns once the transaction is as safe as its durability says. All its writes have the returned revision.
  func commit(_ transaction: StoreTransaction) async throws -> Revision

  /// Every change of keys under `prefix` with a revision above `revision`.
  func watch(prefix: String, after revision: Revision) throws -> StoreWatchStream

  /// Forgets history before `revision`: the values as of `revision` stay readable.
  func compact(before revision: Revision) async throws

  /// Ends all watches. Later calls throw `.closed`.
  func close() async throws
}

extension Store {
  package func range(prefix: String) throws -> StoreRange {
    try range(prefix: prefix, after: nil, limit: 0, at: nil)
  }
}
