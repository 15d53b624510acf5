/// The members of a JSON object in the order they were written.
///
/// API objects have a handful of members each, where walking a short array beats hashing; a map with many members
/// (the data of a ConfigMap) gets an index once it grows past `indexThreshold`.
public struct JSONObject: Sendable {
  public struct Member: Sendable {
    public var key: String
    public var value: JSON
  }

  public private(set) var members: [Member] = []
  private var index: [String: Int]?

  private static let indexThreshold = 16

  public init() {}

  public init(reservingCapacity capacity: Int) { members.reserveCapacity(capacity) }

  public var count: Int { members.count }
  public var isEmpty: Bool { members.isEmpty }
  public var keys: [String] { members.map(\.key) }

  /// The position of `key` in `members`.
  public func position(of key: String) -> Int? {
    if let index { return index[key] }
    return members.firstIndex { $0.key == key }
  }

  public subscript(key: String) -> JSON? {
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
  public mutating func append(_ key: String, _ value: JSON) {
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
  public mutating func mapValues(_ transform: (String, JSON) throws -> JSON) rethrows {
    for position in members.indices {
      members[position].value = try transform(members[position].key, members[position].value)
    }
  }
}

extension JSONObject: Hashable {
  /// Two objects are equal when they have the same members, in whatever order.
  public static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.count == right.count && (left.isSame(as: right) || left.members.allSatisfy { right[$0.key] == $0.value })
  }

  /// A copy that nobody has changed since. False tells nothing.
  private func isSame(as other: JSONObject) -> Bool {
    members.withUnsafeBufferPointer { own in
      other.members.withUnsafeBufferPointer { own.baseAddress == $0.baseAddress && own.count == $0.count }
    }
  }

  public func hash(into hasher: inout Hasher) {
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
  public func makeIterator() -> IndexingIterator<[Member]> { members.makeIterator() }
}
