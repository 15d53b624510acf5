import KubernetesAPI
import Storage
import Synchronization

/// One change of one object, as the cache keeps it for watchers who come late.
final class CachedEvent: Sendable {
  let revision: Revision
  let isDelete: Bool
  /// The object after the change; for a delete its last state under the delete's revision.
  let object: StoredObject
  let previous: StoredObject?
  private let departed = Mutex<StoredObject?>(nil)

  init(revision: Revision, isDelete: Bool, object: StoredObject, previous: StoredObject?) {
    self.revision = revision
    self.isDelete = isDelete
    self.object = object
    self.previous = previous
  }

  /// What a watcher with this filter gets, if anything.
  func event(for filter: ObjectFilter, codec: ObjectCodec) -> RegistryEvent? {
    let isInside = !isDelete && filter.matches(object)
    let wasInside = previous.map(filter.matches) ?? false
    switch (wasInside, isInside) {
    case (false, true): return RegistryEvent(type: .added, object: object)
    case (true, true): return RegistryEvent(type: .modified, object: object)
    case (true, false): return RegistryEvent(type: .deleted, object: isDelete ? object : departure(codec))
    case (false, false): return nil
    }
  }

  /// The object as it last was inside a selector, under the revision at which it left; encoded once for all watchers.
  private func departure(_ codec: ObjectCodec) -> StoredObject {
    departed.withLock { departed in
      if let departed { return departed }
      let object = codec.object(previous ?? object, at: revision)
      departed = object
      return object
    }
  }
}

/// The last events of a kind, bounded by number and by the bytes they hold on to.
struct KindHistory: Sendable {
  static let maximumEvents = 8192
  static let maximumBytes = 2 << 20

  /// Every event after this revision is here.
  private(set) var floor: Revision
  private var events: [CachedEvent] = []
  private var head = 0
  private var heldBytes = 0
  private let maximumEvents: Int

  init(floor: Revision, maximumEvents: Int = Self.maximumEvents) {
    self.floor = floor
    self.maximumEvents = maximumEvents
  }

  mutating func append(_ event: CachedEvent) {
    events.append(event)
    heldBytes += event.object.byteCount
    while events.count - head > maximumEvents || (heldBytes > Self.maximumBytes && events.count - head > 1) {
      dropFirst()
    }
  }

  /// Puts other forms of the same versions in place of those it holds.
  mutating func replace(_ forms: [Revision: StoredObject]) {
    events.removeFirst(head)
    head = 0
    for (position, event) in events.enumerated() {
      let previous = event.previous.map { forms[$0.revision] ?? $0 }
      events[position] = CachedEvent(
        revision: event.revision, isDelete: event.isDelete, object: forms[event.object.revision] ?? event.object,
        previous: previous)
    }
  }

  func events(after revision: Revision) -> ArraySlice<CachedEvent> {
    var low = head
    var high = events.count
    while low < high {
      let middle = (low + high) / 2
      if events[middle].revision <= revision { low = middle + 1 } else { high = middle }
    }
    return events[low...]
  }

  private mutating func dropFirst() {
    floor = events[head].revision
    heldBytes -= events[head].object.byteCount
    head += 1
    guard head > events.count / 2 else { return }
    events.removeFirst(head)
    head = 0
  }
}
