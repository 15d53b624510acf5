/// The members of a JSON object in the order they were written.
///
/// API objects have a handful of members each, where walking a short array beats hashing; a map with many members
/// (the data of a ConfigMap) gets an index once it grows past `indexThreshold`.
package struct JSONObject: Sendable {
  package struct Member: Sendable {
    package var key: String
    package var value: JSON
  }

  package private(set) var members: [Member] = []
  private var index: [String: Int]?

  private static let indexThreshold = 16

  package init() {}

  package init(reservingCapacity capacity: Int) { members.reserveCapacity(capacity) }

  package var count: Int { members.count }
  package var isEmpty: Bool { members.isEmpty }
  package var keys: [String] { members.map(\.key) }

  /// The position of `key` in `members`.
  package func position(of key: String) -> Int? {
    if let index { return index[key] }
    return members.firstIndex { $0.key == key }
  }

  package subscript(key: String) -> JSON? {
    get { position(of: key).map { members[$0].value } }
    set {
      switch (position(of: key), newValue) {
      case (let position?, let value?): members[position].value = value
      case (nil, let value?): append(key, value)
      case (let position?, nil): remove(at: position)
      case (nil, nil): break
      }
    }
  }

  /// Appends a member whose key is known to be new.
  package mutating func append(_ key: String, _ value: JSON) {
    members.append(Member(key: key, value: value))
    if index != nil {
      index?[key] = members.count - 1
    } else if members.count > Self.indexThreshold {
      index = Dictionary(uniqueKeysWithValues: members.enumerated().map { ($1.key, $0) })
    }
  }

  private mutating func remove(at position: Int) {
    members.remove(at: position)
    guard index != nil else { return }
    index =
      members.count > Self.indexThreshold
      ? Dictionary(uniqueKeysWithValues: members.enumerated().map { ($1.key, $0) }) : nil
  }

  /// Changes the value of every member in place.
  package mutating func mapValues(_ transform: (String, JSON) throws -> JSON) rethrows {
    for position in members.indices {
      members[position].value = try transform(members[position].key, members[position].value)
    }
  }
}

extension JSONObject: Hashable {
  /// Two objects are equal when they have the same members, in whatever order.
  package static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.count == right.count && left.members.allSatisfy { right[$0.key] == $0.value }
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(count)
    var combined = 0
    for member in members {
      var each = Hasher()
      each.combine(member.key)
      each.combine(member.value)
      combined ^= each.finalize()
    }
    hasher.combine(combined)
  }
}

extension JSONObject: Sequence {
  package func makeIterator() -> IndexingIterator<[Member]> { members.makeIterator() }
}
