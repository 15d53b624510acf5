/// Everybody who watches one kind. Watchers that ask for one value of a field (every node asks for the pods with its
/// own name in `spec.nodeName`) are found by that value, so a change costs as much as it has readers, not watchers.
struct WatcherTable: Sendable {
  struct Watcher: Sendable {
    var filter: ObjectFilter
    var mailbox: WatchMailbox
  }

  private var watchers: [Int: Watcher] = [:]
  /// Watchers without a value to be found by.
  private var general: Set<Int> = []
  private var byValue: [FieldFilter.Value: Set<Int>] = [:]
  /// Fields that occur in `byValue`, with the number of their watchers.
  private var positions: [Int: Int] = [:]
  private var next = 0

  var count: Int { watchers.count }
  var mailboxes: [WatchMailbox] { watchers.values.map(\.mailbox) }

  mutating func add(_ filter: ObjectFilter, _ mailbox: WatchMailbox) -> Int {
    let id = next
    next += 1
    watchers[id] = Watcher(filter: filter, mailbox: mailbox)
    if let value = filter.fields.requiredValue {
      byValue[value, default: []].insert(id)
      positions[value.position, default: 0] += 1
    } else {
      general.insert(id)
    }
    return id
  }

  @discardableResult
  mutating func remove(_ id: Int) -> WatchMailbox? {
    guard let watcher = watchers.removeValue(forKey: id) else { return nil }
    general.remove(id)
    if let value = watcher.filter.fields.requiredValue {
      byValue[value]?.remove(id)
      if byValue[value]?.isEmpty == true { byValue[value] = nil }
      let left = (positions[value.position] ?? 1) - 1
      positions[value.position] = left > 0 ? left : nil
    }
    return watcher.mailbox
  }

  /// Those whom a change may concern.
  func candidates(_ event: CachedEvent) -> [(id: Int, watcher: Watcher)] {
    var ids = general
    for position in positions.keys {
      for object in [event.object, event.previous].compactMap({ $0 }) {
        let value = FieldFilter.Value(position: position, value: object.fieldValues[position])
        if let found = byValue[value] { ids.formUnion(found) }
      }
    }
    return ids.compactMap { id in watchers[id].map { (id, $0) } }
  }
}
