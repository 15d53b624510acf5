import CNetlink
import Glibc

/// The hardware address behind an IPv4 address on a link, told by hand so that nobody has to ask by ARP.
package struct Neighbour: Sendable, Hashable {
  package var address: IPv4Address
  package var hardwareAddress: HardwareAddress
  package var link: Int32

  package init(_ address: IPv4Address, _ hardwareAddress: HardwareAddress, link: Int32) {
    self.address = address
    self.hardwareAddress = hardwareAddress
    self.link = link
  }

  init?(_ message: NetlinkMessage) {
    guard message.type == UInt16(RTM_NEWNEIGH), let header: ndmsg = message.payload.number(at: 0),
      header.ndm_family == UInt8(AF_INET)
    else { return nil }
    let attributes = message.attributes(after: MemoryLayout<ndmsg>.size)
    guard let address = attributes[NDA_DST]?.address,
      let hardware = attributes[NDA_LLADDR].flatMap({ HardwareAddress($0.payload) })
    else { return nil }
    self.init(address, hardware, link: header.ndm_ifindex)
  }
}

/// Messages about neighbours (RTM_*NEIGH).
package enum NeighbourMessage {
  package static func list() -> NetlinkMessage {
    var header = ndmsg()
    header.ndm_family = UInt8(AF_INET)
    return NetlinkMessage(RTM_GETNEIGH, NetlinkWriter(header))
  }

  /// Adds or replaces an entry that never expires.
  package static func set(_ neighbour: Neighbour) -> NetlinkMessage {
    var header = ndmsg()
    header.ndm_family = UInt8(AF_INET)
    header.ndm_ifindex = neighbour.link
    header.ndm_state = UInt16(NUD_PERMANENT)
    var writer = NetlinkWriter(header)
    writer.put(NDA_DST, neighbour.address)
    writer.put(NDA_LLADDR, bytes: neighbour.hardwareAddress.bytes)
    return NetlinkMessage(RTM_NEWNEIGH, [.create, .replace], writer)
  }
}
