import KubernetesAPI
import Storage
import Synchronization

/// All objects of one kind with the kind's recent history and its watchers. Reading takes a lock for as long as it
/// takes to copy a reference; the store's events come from one task, in order.
final class KindCache: Sendable {
  fileprivate struct State {
    var objects = SortedObjects()
    var history: KindHistory
    var watchers = WatcherTable()
    /// Whose trees those who follow are likely to be reading.
    var lastDeleted: [StoredObject] = []
  }

  /// So many deleted objects stay decoded; history keeps the text of more.
  private static let decodedDeletes = 64

  let codec: ObjectCodec
  private let state: Mutex<State>
  private let historyEvents: Int
  private let watcherCapacity: Int

  init(codec: ObjectCodec, historyEvents: Int, watcherCapacity: Int) {
    self.codec = codec
    self.historyEvents = historyEvents
    self.watcherCapacity = watcherCapacity
    state = Mutex(State(history: KindHistory(floor: 0, maximumEvents: historyEvents)))
  }

  subscript(key: ObjectKey) -> StoredObject? { state.withLock { $0.objects[key] } }

  /// All objects as of now.
  var snapshot: SortedObjects { state.withLock { $0.objects } }

  var watcherCount: Int { state.withLock { $0.watchers.count } }

  /// Replaces everything, after a start or when the store's watch fell behind; watchers have to list again.
  func load(_ objects: [StoredObject], at revision: Revision) {
    let ended = state.withLock { state in
      state.objects = SortedObjects(sorted: objects.sorted { $0.key.precedes($1.key) })
      state.history = KindHistory(floor: revision, maximumEvents: historyEvents)
      defer { state.watchers = WatcherTable() }
      return state.watchers.mailboxes
    }
    for mailbox in ended { mailbox.finish(throwing: .expired("the watch cache was loaded anew")) }
  }

  /// Takes one change and hands it to those who watch.
  func apply(_ object: StoredObject, isDelete: Bool, revision: Revision) {
    let outdated = state.withLock { state -> StoredObject? in
      let previous = isDelete ? state.objects.remove(object.key) : state.objects[object.key]
      if !isDelete { state.objects.put(object) }
      let event = CachedEvent(revision: revision, isDelete: isDelete, object: object, previous: previous)
      state.history.append(event)
      for (id, watcher) in state.watchers.candidates(event) {
        guard let delivered = event.event(for: watcher.filter, codec: codec) else { continue }
        if !watcher.mailbox.push(delivered) { state.watchers.remove(id) }
      }
      guard isDelete else { return previous }
      previous?.releaseTree()
      state.lastDeleted.append(object)
      return state.lastDeleted.count > Self.decodedDeletes ? state.lastDeleted.removeFirst() : nil
    }
    outdated?.releaseTree()
    if !codec.keepsTrees { object.releaseTree() }
  }

  /// Packs the texts that nobody is likely to ask for soon: those of history, and all of a kind that nobody in this process
  /// reads.
  func pack() async {
    let (objects, events) = state.withLock { state in
      state.lastDeleted.forEach { $0.releaseTree() }
      state.lastDeleted = []
      return (state.objects.objects, Array(state.history.events(after: state.history.floor)))
    }
    let present = Set(objects.map(\.revision))
    var candidates = codec.keepsTrees ? [] : objects
    for event in events {
      candidates += [event.object, event.previous].compactMap { $0 }.filter { !present.contains($0.revision) }
    }
    let forms = await Self.packed(candidates)
    guard !forms.isEmpty else { return }
    state.withLock { state in
      state.history.replace(forms)
      state.objects.replace(forms)
    }
  }

  /// The packed forms, of those that are worth it, by revision: the registry writes one object in a transaction, so a revision
  /// is one object's.
  private static func packed(_ candidates: [StoredObject]) async -> [Revision: StoredObject] {
    guard let example = candidates.first(where: { !$0.isPacked })?.bytes else { return [:] }
    var forms: [Revision: StoredObject] = [:]
    for object in candidates where !object.isPacked && forms[object.revision] == nil {
      forms[object.revision] = object.packed(like: example)
      // Whoever has something to do meanwhile goes first.
      await Task.yield()
    }
    return forms
  }

  /// The objects as they stood at `revision`: the present ones with later events undone. Nil when history does not
  /// reach back that far.
  func snapshot(at revision: Revision) -> SortedObjects? {
    let (objects, events) =
      state.withLock { state -> (SortedObjects, [CachedEvent])? in
        guard revision >= state.history.floor else { return nil }
        return (state.objects, Array(state.history.events(after: revision)))
      } ?? (nil, [])
    guard var objects else { return nil }
    for event in events.reversed() {
      if let previous = event.previous { objects.put(previous) } else { objects.remove(event.object.key) }
    }
    return objects
  }

  /// Watches from the present state on; also returns that state.
  func watchFromNow(_ filter: ObjectFilter) -> (id: Int, mailbox: WatchMailbox, state: SortedObjects) {
    state.withLock { state in
      let (id, mailbox) = state.add(filter, capacity: watcherCapacity)
      return (id, mailbox, state.objects)
    }
  }

  /// Watches from after a revision; also returns the events since. Throws `Status` when they are gone.
  func watch(
    _ filter: ObjectFilter, after revision: Revision
  ) throws(Status) -> (id: Int, mailbox: WatchMailbox, missed: [RegistryEvent]) {
    let outcome = state.withLock { state -> Result<(Int, WatchMailbox, [CachedEvent]), Status> in
      let floor = state.history.floor
      guard revision >= floor else { return .failure(.expired("too old resource version: \(revision) (\(floor))")) }
      let missed = Array(state.history.events(after: revision))
      let (id, mailbox) = state.add(filter, capacity: watcherCapacity)
      return .success((id, mailbox, missed))
    }
    let (id, mailbox, missed) = try outcome.get()
    return (id, mailbox, missed.compactMap { $0.event(for: filter, codec: codec) })
  }

  func endWatch(_ id: Int) {
    state.withLock { $0.watchers.remove(id) }?.finish()
  }

  func endAllWatches() {
    let ended = state.withLock { state in
      defer { state.watchers = WatcherTable() }
      return state.watchers.mailboxes
    }
    for mailbox in ended { mailbox.finish() }
  }
}

extension KindCache.State {
  fileprivate mutating func add(_ filter: ObjectFilter, capacity: Int) -> (Int, WatchMailbox) {
    let mailbox = WatchMailbox(capacity: capacity)
    return (watchers.add(filter, mailbox), mailbox)
  }
}
