import CNetlink
import Glibc

/// A network interface as the kernel tells it.
package struct Link: Sendable, Equatable {
  package var index: Int32
  package var name: String
  /// Free text of the owner; Swiftlet keeps a pod's UID there.
  package var alias: String = ""
  /// `veth`, `bridge`, …; empty for physical interfaces.
  package var kind: String = ""
  package var isUp = false
  package var mtuBytes: UInt32 = 0
  package var hardwareAddress: HardwareAddress?
  /// The index of the other end of a veth, in that end's namespace.
  package var peerIndex: Int32?
  package var counters = LinkCounters()

  init?(_ message: NetlinkMessage) {
    guard message.type == UInt16(RTM_NEWLINK), let header: ifinfomsg = message.payload.number(at: 0) else { return nil }
    index = header.ifi_index
    isUp = header.ifi_flags & UInt32(IFF_UP) != 0
    name = ""
    for attribute in message.attributes(after: MemoryLayout<ifinfomsg>.size) { read(attribute) }
  }

  private mutating func read(_ attribute: NetlinkAttribute) {
    switch Int(attribute.number) {
    case IFLA_IFNAME: name = attribute.string
    case IFLA_IFALIAS: alias = attribute.string
    case IFLA_MTU: mtuBytes = attribute.native() ?? 0
    case IFLA_ADDRESS: hardwareAddress = HardwareAddress(attribute.payload)
    case IFLA_STATS64: counters = LinkCounters(attribute) ?? LinkCounters()
    case IFLA_LINK: peerIndex = attribute.native()
    case IFLA_LINKINFO: kind = attribute.attributes[IFLA_INFO_KIND]?.string ?? ""
    default: break
    }
  }
}

/// A veth pair to make: one end here, the other in another namespace from its first moment.
package struct VethPair: Sendable {
  package var name: String
  package var hardwareAddress: HardwareAddress
  package var peerName: String
  package var peerHardwareAddress: HardwareAddress
  package var mtuBytes: UInt32
  /// A descriptor of the network namespace that the peer is made in. Moving it there later would wait for the kernel's
  /// grace periods.
  package var peerNamespace: Int32

  package init(
    name: String, hardwareAddress: HardwareAddress, peerName: String, peerHardwareAddress: HardwareAddress,
    mtuBytes: UInt32, peerNamespace: Int32
  ) {
    self.name = name
    self.hardwareAddress = hardwareAddress
    self.peerName = peerName
    self.peerHardwareAddress = peerHardwareAddress
    self.mtuBytes = mtuBytes
    self.peerNamespace = peerNamespace
  }
}

/// What to change of an interface; nil leaves it.
package struct LinkChange: Sendable {
  package var isUp: Bool?
  package var alias: String?
  package var mtuBytes: UInt32?
  /// The bridge that the interface becomes a port of; 0 takes it out.
  package var master: Int32?
  /// A number under which links can be removed together.
  package var group: UInt32?
  /// False keeps the kernel from giving an IPv6 link-local address, with its duplicate detection, by itself.
  package var makesLinkLocalAddress: Bool?

  package init(
    isUp: Bool? = nil, alias: String? = nil, mtuBytes: UInt32? = nil, master: Int32? = nil, group: UInt32? = nil,
    makesLinkLocalAddress: Bool? = nil
  ) {
    self.isUp = isUp
    self.alias = alias
    self.mtuBytes = mtuBytes
    self.master = master
    self.group = group
    self.makesLinkLocalAddress = makesLinkLocalAddress
  }
}

/// Messages about interfaces (rtnetlink(7), RTM_*LINK).
package enum LinkMessage {
  private static let up = UInt32(IFF_UP)

  package static func list() -> NetlinkMessage { NetlinkMessage(RTM_GETLINK, NetlinkWriter(ifinfomsg())) }

  package static func get(name: String) -> NetlinkMessage {
    var writer = NetlinkWriter(ifinfomsg())
    writer.put(IFLA_IFNAME, name)
    return NetlinkMessage(RTM_GETLINK, writer)
  }

  package static func makeBridge(name: String, hardwareAddress: HardwareAddress, mtuBytes: UInt32) -> NetlinkMessage {
    var writer = NetlinkWriter(ifinfomsg())
    writer.put(IFLA_IFNAME, name)
    writer.put(IFLA_MTU, mtuBytes)
    writer.put(IFLA_ADDRESS, bytes: hardwareAddress.bytes)
    writer.nest(IFLA_LINKINFO, isFlagged: false) { $0.put(IFLA_INFO_KIND, "bridge") }
    return NetlinkMessage(RTM_NEWLINK, [.create, .exclusive], writer)
  }

  /// Each end gets one queue, as `ip link add` has it in the end too. Unasked, the kernel makes one for each possible processor,
  /// with its entries in sysfs, and takes all but the first away again (drivers/net/veth.c, since Linux 5.15).
  package static func makeVeth(_ pair: VethPair) -> NetlinkMessage {
    let queues: UInt32 = 1
    var writer = NetlinkWriter(ifinfomsg())
    writer.put(IFLA_IFNAME, pair.name)
    writer.put(IFLA_MTU, pair.mtuBytes)
    writer.put(IFLA_ADDRESS, bytes: pair.hardwareAddress.bytes)
    writer.put(IFLA_NUM_TX_QUEUES, queues)
    writer.put(IFLA_NUM_RX_QUEUES, queues)
    writer.nest(IFLA_LINKINFO, isFlagged: false) { info in
      info.put(IFLA_INFO_KIND, "veth")
      info.nest(IFLA_INFO_DATA, isFlagged: false) { data in
        data.nest(VETH_INFO_PEER, isFlagged: false) { peer in
          peer.put(raw: ifinfomsg())
          peer.put(IFLA_IFNAME, pair.peerName)
          peer.put(IFLA_MTU, pair.mtuBytes)
          peer.put(IFLA_ADDRESS, bytes: pair.peerHardwareAddress.bytes)
          peer.put(IFLA_NUM_TX_QUEUES, queues)
          peer.put(IFLA_NUM_RX_QUEUES, queues)
          peer.put(IFLA_NET_NS_FD, pair.peerNamespace)
        }
      }
    }
    return NetlinkMessage(RTM_NEWLINK, [.create, .exclusive], writer)
  }

  package static func change(index: Int32, _ change: LinkChange) -> NetlinkMessage {
    var header = ifinfomsg()
    header.ifi_index = index
    if let isUp = change.isUp {
      header.ifi_flags = isUp ? up : 0
      header.ifi_change = up
    }
    var writer = NetlinkWriter(header)
    if let alias = change.alias { writer.put(IFLA_IFALIAS, bytes: Array(alias.utf8)) }
    if let mtuBytes = change.mtuBytes { writer.put(IFLA_MTU, mtuBytes) }
    if let master = change.master { writer.put(IFLA_MASTER, master) }
    if let group = change.group { writer.put(IFLA_GROUP, group) }
    if let makes = change.makesLinkLocalAddress {
      writer.nest(IFLA_AF_SPEC, isFlagged: false) { families in
        families.nest(Int(AF_INET6), isFlagged: false) { $0.put(IFLA_INET6_ADDR_GEN_MODE, UInt8(makes ? 0 : 1)) }
      }
    }
    return NetlinkMessage(RTM_SETLINK, writer)
  }

  package static func delete(index: Int32) -> NetlinkMessage {
    var header = ifinfomsg()
    header.ifi_index = index
    return NetlinkMessage(RTM_DELLINK, NetlinkWriter(header))
  }

  /// Removes every link of the group at once.
  package static func delete(group: UInt32) -> NetlinkMessage {
    var writer = NetlinkWriter(ifinfomsg())
    writer.put(IFLA_GROUP, group)
    return NetlinkMessage(RTM_DELLINK, writer)
  }
}
