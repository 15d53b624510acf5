import CNetlink
import Glibc

/// An IPv4 address of an interface.
package struct InterfaceAddress: Sendable, Hashable {
  package var address: IPv4Address
  /// Bits of the address that its network shares; 32 makes no route.
  package var prefixLength: Int
  package var link: Int32

  package init(_ address: IPv4Address, prefixLength: Int, link: Int32) {
    self.address = address
    self.prefixLength = prefixLength
    self.link = link
  }

  init?(_ message: NetlinkMessage) {
    guard message.type == UInt16(RTM_NEWADDR), let header: ifaddrmsg = message.payload.number(at: 0),
      header.ifa_family == UInt8(AF_INET)
    else { return nil }
    let attributes = message.attributes(after: MemoryLayout<ifaddrmsg>.size)
    guard let address = (attributes[IFA_LOCAL] ?? attributes[IFA_ADDRESS])?.address else { return nil }
    self.init(address, prefixLength: Int(header.ifa_prefixlen), link: Int32(header.ifa_index))
  }
}

/// Messages about addresses (RTM_*ADDR).
package enum AddressMessage {
  package static func list() -> NetlinkMessage {
    var header = ifaddrmsg()
    header.ifa_family = UInt8(AF_INET)
    return NetlinkMessage(RTM_GETADDR, NetlinkWriter(header))
  }

  package static func set(_ address: InterfaceAddress) -> NetlinkMessage {
    NetlinkMessage(RTM_NEWADDR, [.create, .replace], body(of: address))
  }

  package static func delete(_ address: InterfaceAddress) -> NetlinkMessage {
    NetlinkMessage(RTM_DELADDR, body(of: address))
  }

  private static func body(of address: InterfaceAddress) -> NetlinkWriter {
    var header = ifaddrmsg()
    header.ifa_family = UInt8(AF_INET)
    header.ifa_prefixlen = UInt8(address.prefixLength)
    header.ifa_index = UInt32(address.link)
    var writer = NetlinkWriter(header)
    writer.put(IFA_LOCAL, address.address)
    writer.put(IFA_ADDRESS, address.address)
    return writer
  }
}
