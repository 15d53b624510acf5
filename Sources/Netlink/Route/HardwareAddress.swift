/// An Ethernet address.
package struct HardwareAddress: Hashable, Sendable, CustomStringConvertible {
  /// Six bytes.
  package let bytes: [UInt8]

  /// Nil unless there are six bytes.
  package init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == 6 else { return nil }
    self.bytes = Array(bytes)
  }

  /// A locally administered unicast address that is told by an IPv4 address: `first`:01:a.b.c.d.
  package init(first: UInt8, _ address: IPv4Address) {
    bytes = [first & 0xfe | 0x02, 0x01] + address.networkBytes
  }

  package var description: String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
  }
}
