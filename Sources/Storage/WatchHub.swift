/// The recent history of a store and everybody who watches it: what every engine needs, as a value under the engine's
/// own lock. Revisions that are appended must ascend.
package struct WatchHub: Sendable {
  /// Transactions a watcher may lag behind before it is ended.
  package static let defaultWatcherBatches = 4096
  package static let defaultHistoryEvents = 16_384
  /// Bytes of values that the history holds on to, present and previous ones; whoever reads far behind has a history of its
  /// own.
  package static let defaultHistoryBytes = 1 << 20
  /// Events in one batch of a replay.
  private static let replayBatchEvents = 1024

  private struct Watcher: Sendable {
    var prefix: String
    var continuation: StoreWatchStream.Continuation
  }

  /// Events after this revision are all held in `history`.
  package private(set) var compactedRevision: Revision
  private var history = EventRing()
  private var watchers: [Int: Watcher] = [:]
  private var nextWatcher = 0
  private let maximumHistoryEvents: Int
  private let maximumHistoryBytes: Int
  private let watcherBatches: Int

  package init(
    compactedRevision: Revision, maximumHistoryEvents: Int = Self.defaultHistoryEvents,
    maximumHistoryBytes: Int = Self.defaultHistoryBytes, watcherBatches: Int = Self.defaultWatcherBatches
  ) {
    self.compactedRevision = compactedRevision
    self.maximumHistoryEvents = maximumHistoryEvents
    self.maximumHistoryBytes = maximumHistoryBytes
    self.watcherBatches = watcherBatches
  }

  package var watcherCount: Int { watchers.count }

  /// Records one transaction's events and hands them to those who watch their keys.
  package mutating func publish(_ events: [StoreEvent]) {
    guard !events.isEmpty else { return }
    history.append(events)
    trimHistory()
    for (id, watcher) in watchers {
      let matching = Self.matching(events, prefix: watcher.prefix)
      guard !matching.isEmpty, case .dropped = watcher.continuation.yield(matching) else { continue }
      watchers[id] = nil
      watcher.continuation.finish(throwing: StorageError.watcherTooSlow)
    }
  }

  /// Adds a watcher that first gets what happened after `revision`. `onEnd` must call `remove` under the engine's lock.
  package mutating func add(
    prefix: String, after revision: Revision, newest: Revision, onEnd: @escaping @Sendable (Int) -> Void
  ) throws(StorageError) -> StoreWatchStream {
    guard revision <= newest else { throw .futureRevision(newest: newest) }
    guard revision >= compactedRevision else { throw .compacted(oldest: compactedRevision) }
    let missed = Self.matching(history.events(after: revision), prefix: prefix)
    let batches = Self.split(missed)
    let (stream, continuation) = StoreWatchStream.makeStream(
      bufferingPolicy: .bufferingOldest(watcherBatches + batches.count))
    for batch in batches { continuation.yield(batch) }
    let id = nextWatcher
    nextWatcher += 1
    watchers[id] = Watcher(prefix: prefix, continuation: continuation)
    continuation.onTermination = { reason in if case .cancelled = reason { onEnd(id) } }
    return stream
  }

  package mutating func remove(_ id: Int) { watchers[id] = nil }

  package mutating func compact(before revision: Revision) {
    guard revision > compactedRevision else { return }
    compactedRevision = revision
    history.dropEvents(through: revision)
  }

  package mutating func finish() {
    for watcher in watchers.values { watcher.continuation.finish(throwing: StorageError.closed) }
    watchers.removeAll()
  }

  /// Events newer than `revision`, oldest first.
  package func events(after revision: Revision) -> some Sequence<StoreEvent> { history.events(after: revision) }

  private mutating func trimHistory() {
    // The last transaction stays, however large.
    while history.count > maximumHistoryEvents || history.bytes > maximumHistoryBytes, let oldest = history.first,
      oldest.entry.modRevision != history.last?.entry.modRevision
    {
      compact(before: oldest.entry.modRevision)
    }
  }

  private static func matching(_ events: some Sequence<StoreEvent>, prefix: String) -> [StoreEvent] {
    events.filter { $0.entry.key.utf8.starts(with: prefix.utf8) }
  }

  /// Cuts a replay into batches at transaction boundaries.
  private static func split(_ events: [StoreEvent]) -> [[StoreEvent]] {
    var batches: [[StoreEvent]] = []
    var current: [StoreEvent] = []
    for event in events {
      if current.count >= replayBatchEvents, current.last?.entry.modRevision != event.entry.modRevision {
        batches.append(current)
        current = []
      }
      current.append(event)
    }
    return current.isEmpty ? batches : batches + [current]
  }
}

/// Events in ascending revision order that are dropped from the front.
struct EventRing: Sendable {
  private var slots: [StoreEvent] = []
  private var head = 0
  /// Of the values of all events.
  private(set) var bytes = 0

  var count: Int { slots.count - head }
  var first: StoreEvent? { head < slots.count ? slots[head] : nil }
  var last: StoreEvent? { count > 0 ? slots.last : nil }

  mutating func append(_ events: [StoreEvent]) {
    slots.append(contentsOf: events)
    bytes += Self.bytes(of: events[...])
  }

  private static func bytes(of events: ArraySlice<StoreEvent>) -> Int {
    events.reduce(0) { $0 + $1.entry.value.count + ($1.previous?.value.count ?? 0) }
  }

  func events(after revision: Revision) -> ArraySlice<StoreEvent> { slots[position(after: revision)...] }

  mutating func dropEvents(through revision: Revision) {
    let kept = position(after: revision)
    bytes -= Self.bytes(of: slots[head..<kept])
    head = kept
    // Moving what is left costs at most three times what was dropped since the last time, so appending stays O(1) on
    // average; until then the slots hold on to what was dropped.
    guard head > slots.count / 4 else { return }
    slots.removeFirst(head)
    head = 0
  }

  private func position(after revision: Revision) -> Int {
    var low = head
    var high = slots.count
    while low < high {
      let middle = (low + high) / 2
      if slots[middle].entry.modRevision <= revision { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
