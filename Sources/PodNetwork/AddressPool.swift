import Netlink

/// Who has which address of the node's range.
///
/// The search goes on after the address given last, so that a freed address rests as long as possible: connections of the
/// pod before must not reach the next one.
struct AddressPool: Sendable, Equatable {
  private let range: IPv4Prefix
  private var owners: [IPv4Address: String] = [:]
  private var addresses: [String: IPv4Address] = [:]
  private var last: IPv4Address

  /// The range's first address, its gateway and its last one are nobody's.
  init(_ range: IPv4Prefix) {
    self.range = range
    last = IPv4Address(range.address.value + 1)
  }

  subscript(uid: String) -> IPv4Address? { addresses[uid] }
  var uids: some Collection<String> { addresses.keys }

  /// The pod's address; a new one where it has none.
  mutating func allocate(_ uid: String) throws(PodNetworkError) -> IPv4Address {
    if let address = addresses[uid] { return address }
    let first = range.address.value + 2
    let count = range.last.value - first
    let start = last.value + 1 - first
    for step in 0..<count {
      let candidate = IPv4Address(first + (start + step) % count)
      guard owners[candidate] == nil else { continue }
      restore(uid, candidate)
      last = candidate
      return candidate
    }
    throw .rangeFull(range.description)
  }

  /// Takes over what the kernel says.
  mutating func restore(_ uid: String, _ address: IPv4Address) {
    owners[address] = uid
    addresses[uid] = address
    if range.contains(address), address > last { last = address }
  }

  mutating func release(_ uid: String) {
    guard let address = addresses.removeValue(forKey: uid) else { return }
    owners[address] = nil
  }
}
