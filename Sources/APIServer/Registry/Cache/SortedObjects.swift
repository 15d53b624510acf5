import KubernetesAPI

/// The objects of one kind in the order of their store keys. A copy is a snapshot: it shares the storage until the next
/// change.
struct SortedObjects: Sendable {
  private(set) var objects: [StoredObject] = []

  /// `objects` must be in order.
  init(sorted objects: [StoredObject] = []) { self.objects = objects }

  var count: Int { objects.count }

  subscript(key: ObjectKey) -> StoredObject? {
    let position = position(of: key)
    return position < objects.count && objects[position].key == key ? objects[position] : nil
  }

  mutating func put(_ object: StoredObject) {
    let position = position(of: object.key)
    if position < objects.count, objects[position].key == object.key {
      objects[position] = object
    } else {
      objects.insert(object, at: position)
    }
  }

  /// Puts other forms of the same versions in place of those it holds.
  mutating func replace(_ forms: [Int: StoredObject]) {
    for (position, object) in objects.enumerated() {
      if let form = forms[object.revision] { objects[position] = form }
    }
  }

  @discardableResult
  mutating func remove(_ key: ObjectKey) -> StoredObject? {
    let position = position(of: key)
    guard position < objects.count, objects[position].key == key else { return nil }
    return objects.remove(at: position)
  }

  /// Those of a namespace (nil: of all), after `key` when given.
  func range(namespace: String?, after key: ObjectKey? = nil) -> ArraySlice<StoredObject> {
    var start = namespace.map { position(of: ObjectKey(namespace: $0, name: "")) } ?? 0
    if let key {
      var next = position(of: key)
      if next < objects.count, objects[next].key == key { next += 1 }
      start = max(start, next)
    }
    let end = namespace.map { position(after: $0) } ?? objects.count
    return objects[min(start, end)..<end]
  }

  private func position(of key: ObjectKey) -> Int { firstPosition { $0.precedes(key) } }

  private func position(after namespace: String) -> Int { firstPosition { $0.namespace <= namespace } }

  /// The first position whose key does not satisfy `isBefore`.
  private func firstPosition(_ isBefore: (ObjectKey) -> Bool) -> Int {
    var low = 0
    var high = objects.count
    while low < high {
      let middle = (low + high) / 2
      if isBefore(objects[middle].key) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension ObjectKey {
  /// Order by namespace, then name. Names are ASCII, where Swift's order is the bytes' order.
  func precedes(_ other: ObjectKey) -> Bool {
    namespace == other.namespace ? name < other.name : namespace < other.namespace
  }
}
