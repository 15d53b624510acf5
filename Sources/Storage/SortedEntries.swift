/// Entries in bytewise order of their keys.
struct SortedEntries: Sendable {
  private var entries: [StoredEntry] = []

  subscript(key: String) -> StoredEntry? {
    let position = position(of: key)
    return position < entries.count && entries[position].key == key ? entries[position] : nil
  }

  mutating func put(_ entry: StoredEntry) {
    let position = position(of: entry.key)
    if position < entries.count, entries[position].key == entry.key {
      entries[position] = entry
    } else {
      entries.insert(entry, at: position)
    }
  }

  mutating func remove(_ key: String) -> StoredEntry? {
    let position = position(of: key)
    guard position < entries.count, entries[position].key == key else { return nil }
    return entries.remove(at: position)
  }

  func range(prefix: String, after key: String?, limit: Int, revision: Revision) -> StoreRange {
    let limit = limit > 0 ? limit : Int.max
    var position = position(of: prefix)
    if let key, !key.precedes(prefix) {
      position = self.position(of: key)
      if position < entries.count, entries[position].key == key { position += 1 }
    }
    var found: [StoredEntry] = []
    while position < entries.count, entries[position].key.utf8.starts(with: prefix.utf8) {
      guard found.count < limit else { return StoreRange(entries: found, revision: revision, more: true) }
      found.append(entries[position])
      position += 1
    }
    return StoreRange(entries: found, revision: revision, more: false)
  }

  /// Where `key` is, or would be.
  private func position(of key: String) -> Int {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].key.precedes(key) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension String {
  /// Bytewise order, which is not Swift's order of strings outside ASCII.
  fileprivate func precedes(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }
}
