/// The ids of the machine that are 0 to 65535 inside a pod's user namespace, for users and groups alike.
package struct UserIDRange: Sendable, Hashable {
  package static let count: UInt32 = 65_536

  package var first: UInt32

  package init(first: UInt32) {
    self.first = first
  }

  /// What `/proc/<pid>/uid_map` and `gid_map` are given (user_namespaces(7)).
  package var mapText: String { "0 \(first) \(Self.count)" }

  /// The machine's number of what is `id` inside; nil for one that has none.
  package func outside(_ id: UInt32) -> UInt32? { id < Self.count ? first + id : nil }
}
