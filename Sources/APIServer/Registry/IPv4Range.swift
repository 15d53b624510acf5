/// A range of IPv4 addresses, and its usable part.
struct IPv4Range: Sendable, Equatable {
  let network: UInt32
  let prefixLength: Int

  init?(_ text: String) {
    let halves = text.split(separator: "/", omittingEmptySubsequences: false)
    guard halves.count == 2, let address = Self.address(String(halves[0])), let length = Int(halves[1]),
      (8...30).contains(length)
    else { return nil }
    prefixLength = length
    network = address & ~(UInt32.max >> UInt32(length))
  }

  /// The address after the network's own.
  var first: UInt32 { network + 1 }
  /// The address before the broadcast address.
  var last: UInt32 { (network | UInt32.max >> UInt32(prefixLength)) - 1 }
  var count: Int { Int(last - first) + 1 }
  var text: String { "\(text(network))/\(prefixLength)" }

  func contains(_ address: UInt32) -> Bool { (first...last).contains(address) }

  /// The lower band is left to addresses that are asked for by name, so that they seldom collide (KEP-3070).
  var firstDynamic: UInt32 { first + UInt32(min(max(16, count / 16), 256, count - 1)) }

  func text(_ address: UInt32) -> String {
    [24, 16, 8, 0].map { String(address >> UInt32($0) & 255) }.joined(separator: ".")
  }

  static func address(_ text: String) -> UInt32? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var address: UInt32 = 0
    for part in parts {
      guard let byte = UInt8(part), String(byte) == part else { return nil }
      address = address << 8 | UInt32(byte)
    }
    return address
  }
}
