/// An IPv4 address.
package struct IPv4Address: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The address as a number: 10.0.0.1 is 0x0a000001.
  package var value: UInt32

  package init(_ value: UInt32) { self.value = value }

  /// Four decimal numbers with dots between them; nil for anything else (leading zeros too, as Kubernetes refuses them).
  package init?(_ text: some StringProtocol) {
    // 0 to 255 for a part being read, nil before its first digit.
    var part: UInt32?
    var parts: UInt32 = 0
    var value: UInt32 = 0
    for byte in text.utf8 {
      switch (byte, part) {
      case (48...57, nil): part = UInt32(byte) - 48
      case (48...57, let digits?) where digits > 0 && digits * 10 + UInt32(byte) - 48 < 256:
        part = digits * 10 + UInt32(byte) - 48
      case (46, let finished?) where parts < 3:
        value = value << 8 | finished
        parts += 1
        part = nil
      default: return nil
      }
    }
    guard let part, parts == 3 else { return nil }
    self.value = value << 8 | part
  }

  /// From four bytes in network order; nil for another length.
  package init?(networkBytes bytes: some Collection<UInt8>) {
    guard bytes.count == 4 else { return nil }
    value = bytes.reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// Four bytes in network order.
  package var networkBytes: [UInt8] {
    [UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
  }

  package var isLoopback: Bool { value >> 24 == 127 }
  package var isUnspecified: Bool { value == 0 }

  package static func < (left: IPv4Address, right: IPv4Address) -> Bool { left.value < right.value }

  package var description: String { networkBytes.map(String.init).joined(separator: ".") }
}

/// A range of addresses: 10.42.0.0/24.
package struct IPv4Prefix: Hashable, Sendable, CustomStringConvertible {
  /// The first address of the range.
  package let address: IPv4Address
  /// Leading bits that all addresses share: 0 to 32.
  package let length: Int

  package init(_ address: IPv4Address, length: Int) {
    precondition((0...32).contains(length))
    self.length = length
    self.address = IPv4Address(address.value & Self.mask(length))
  }

  /// `address/length`; nil for anything else. Bits beyond the length are cleared.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let address = IPv4Address(parts[0]), let length = Int(parts[1]), (0...32).contains(length)
    else { return nil }
    self.init(address, length: length)
  }

  private static func mask(_ length: Int) -> UInt32 { length == 0 ? 0 : ~0 << UInt32(32 - length) }

  package func contains(_ other: IPv4Address) -> Bool { other.value & Self.mask(length) == address.value }

  /// The last address of the range.
  package var last: IPv4Address { IPv4Address(address.value | ~Self.mask(length)) }

  package var description: String { "\(address)/\(length)" }
}
