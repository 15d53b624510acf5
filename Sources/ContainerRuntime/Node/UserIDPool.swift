import LinuxSystem
import ShimProtocol

/// The ids of the machine that pods with user namespaces of their own may have: what the machine's administrator gave to
/// the user `kubelet` as subordinate ids, else those of 110 pods from 65536 on (KEP-127).
package struct UserIDPool: Sendable, Equatable {
  package static let user = "kubelet"
  package static let standard = UserIDPool(first: UserIDRange.count, ranges: 110)

  package var first: UInt32
  /// How many pods' ids there are.
  package var ranges: UInt32

  package init(first: UInt32, ranges: UInt32) {
    self.first = first
    self.ranges = ranges
  }

  /// - Parameters: the texts of `/etc/subuid` and `/etc/subgid` (subuid(5)).
  package init(subordinateUsers: String, subordinateGroups: String) throws(UserIDPoolError) {
    let users = try Self.entry(subordinateUsers, "/etc/subuid")
    let groups = try Self.entry(subordinateGroups, "/etc/subgid")
    guard users == groups else {
      throw UserIDPoolError("the ids of user \(Self.user) in /etc/subuid and /etc/subgid differ")
    }
    guard let (first, count) = users.map({ ($0.first, $0.count) }) else {
      self = .standard
      return
    }
    guard first % UserIDRange.count == 0, first > 0 else {
      throw UserIDPoolError("the first id of user \(Self.user), \(first), is no multiple of \(UserIDRange.count) above 0")
    }
    guard count % UserIDRange.count == 0, count > 0, first.addingReportingOverflow(count).overflow == false else {
      throw UserIDPoolError("the number of ids of user \(Self.user), \(count), is no multiple of \(UserIDRange.count)")
    }
    self.init(first: first, ranges: count / UserIDRange.count)
  }

  private struct Entry: Equatable {
    var first: UInt32
    var count: UInt32
  }

  private static func entry(_ text: String, _ path: String) throws(UserIDPoolError) -> Entry? {
    let own = text.split(separator: "\n").map { $0.split(separator: ":", omittingEmptySubsequences: false) }
      .filter { $0.first == Substring(user) }
    guard let fields = own.first else { return nil }
    guard own.count == 1 else { throw UserIDPoolError("user \(user) has \(own.count) ranges of ids in \(path), not one") }
    guard fields.count == 3, let first = UInt32(fields[1]), let count = UInt32(fields[2]) else {
      throw UserIDPoolError("\(path): \"\(fields.joined(separator: ":"))\" is no name, first id and number of ids")
    }
    return Entry(first: first, count: count)
  }

  /// Reads the machine's files; either may be missing.
  static func ofMachine() throws -> UserIDPool {
    func text(_ path: String) throws -> String { FileTree.exists(path) ? try FileTree.text(path) : "" }
    return try UserIDPool(subordinateUsers: text("/etc/subuid"), subordinateGroups: text("/etc/subgid"))
  }
}

package struct UserIDPoolError: Error, Equatable, CustomStringConvertible {
  package var description: String

  package init(_ description: String) {
    self.description = description
  }
}

/// Which pod has which ids. What is lost with the agent comes back from the shims, each of which keeps its pod's.
package struct UserIDLedger: Sendable, Equatable {
  private var held: [String: UserIDRange] = [:]

  package init() {}

  /// The pod's own range when it has one already, else the lowest that is free.
  package mutating func allot(_ podUID: String, from pool: UserIDPool) throws(UserIDPoolError) -> UserIDRange {
    if let own = held[podUID] { return own }
    let taken = Set(held.values)
    let candidates = (0..<pool.ranges).lazy.map { UserIDRange(first: pool.first + $0 * UserIDRange.count) }
    guard let range = candidates.first(where: { !taken.contains($0) }) else {
      throw UserIDPoolError("all \(pool.ranges) ranges of user ids of this node are in use (hostUsers: false)")
    }
    held[podUID] = range
    return range
  }

  package mutating func hold(_ range: UserIDRange, for podUID: String) { held[podUID] = range }

  package mutating func release(_ podUID: String) { held[podUID] = nil }
}

extension ContainerRuntime {
  /// Blocks.
  func allotUserIDs(_ podUID: String) throws -> UserIDRange {
    let pool = try UserIDPool.ofMachine()
    return try state.withLock { state throws(UserIDPoolError) in try state.userIDs.allot(podUID, from: pool) }
  }
}
