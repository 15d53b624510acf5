import Netlink

/// The checked form of the configuration, with what follows from it.
struct PodNetworkPlan: Sendable, Equatable {
  let range: IPv4Prefix
  let gateway: IPv4Address
  let cluster: IPv4Prefix
  let services: IPv4Prefix?
  let bridge: String
  let mtuBytes: UInt32

  init(_ config: PodNetworkConfig) throws(PodNetworkError) {
    range = try Self.prefix("podCIDR", config.podCIDR)
    guard range.length <= 30 else { throw .invalid(field: "podCIDR", value: config.podCIDR) }
    cluster = try Self.prefix("clusterCIDR", config.clusterCIDR)
    services = config.serviceCIDR.isEmpty ? nil : try Self.prefix("serviceCIDR", config.serviceCIDR)
    gateway = IPv4Address(range.address.value + 1)
    // IFNAMSIZ is 16 with the closing zero.
    guard (1...15).contains(config.bridge.utf8.count) else { throw .invalid(field: "bridge", value: config.bridge) }
    bridge = config.bridge
    // IPv4's least MTU, and the most that a veth takes.
    guard (68...65_535).contains(config.mtuBytes) else { throw .invalid(field: "mtu", value: "\(config.mtuBytes)") }
    mtuBytes = UInt32(config.mtuBytes)
  }

  private static func prefix(_ field: String, _ text: String) throws(PodNetworkError) -> IPv4Prefix {
    guard let prefix = IPv4Prefix(text) else { throw .invalid(field: field, value: text) }
    return prefix
  }

  /// The gateway's interface and the node's routes. A pod's own /32 route is more specific than the refusal of its range.
  func nodeRequests(bridge index: Int32, hasIPv6: Bool) -> [(message: NetlinkMessage, operation: String)] {
    let link = LinkChange(isUp: true, makesLinkLocalAddress: hasIPv6 ? false : nil)
    let address = InterfaceAddress(gateway, prefixLength: 32, link: index)
    var requests = [
      (LinkMessage.change(index: index, link), "bring up \(bridge)"),
      (AddressMessage.set(address), "give \(bridge) the address \(gateway)"),
      (RouteMessage.set(Route(range, kind: .unreachable)), "refuse unused addresses of \(range)"),
    ]
    if let services {
      requests.append((RouteMessage.set(Route(services, link: index)), "route \(services) to \(bridge)"))
    }
    return requests
  }
}

/// The ends of one pod's cable, all told by its UID and address.
struct PodCable: Sendable, Equatable {
  static let prefix = "sw"
  static let podInterface = "eth0"

  let uid: String
  let address: IPv4Address

  /// `sw` and 48 bits of the UID's FNV-1a hash: 14 characters of the 15 that a link name may have.
  static func linkName(ofPod uid: String) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in uid.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0100_0000_01b3 }
    let text = String((hash ^ hash >> 48) & 0xffff_ffff_ffff, radix: 16)
    return prefix + String(repeating: "0", count: 12 - text.count) + text
  }

  var linkName: String { Self.linkName(ofPod: uid) }
  /// Holds the pod's address, so that a dump of the links tells who has which address.
  var hostHardwareAddress: HardwareAddress { HardwareAddress(first: 0x06, address) }
  var podHardwareAddress: HardwareAddress { HardwareAddress(first: 0x02, address) }

  init(uid: String, address: IPv4Address) {
    self.uid = uid
    self.address = address
  }

  /// Nil unless the link is the node's end of a cable that was made whole.
  init?(_ link: Link) {
    guard Self.isCable(link), !link.alias.isEmpty, let hardware = link.hardwareAddress,
      hardware.bytes.starts(with: [6, 1]),
      let address = IPv4Address(networkBytes: hardware.bytes.dropFirst(2))
    else { return nil }
    self.init(uid: link.alias, address: address)
  }

  static func isCable(_ link: Link) -> Bool {
    link.kind == "veth" && link.name.hasPrefix(prefix) && link.name.utf8.count == 14
  }

  func pair(mtuBytes: UInt32, peerNamespace: Int32) -> VethPair {
    VethPair(
      name: linkName, hardwareAddress: hostHardwareAddress, peerName: Self.podInterface,
      peerHardwareAddress: podHardwareAddress, mtuBytes: mtuBytes, peerNamespace: peerNamespace)
  }

  /// The node's end: named after the pod, up, and the only way to the pod's address.
  func nodeRequests(link index: Int32, hasIPv6: Bool) -> [(message: NetlinkMessage, operation: String)] {
    let link = LinkChange(isUp: true, alias: uid, makesLinkLocalAddress: hasIPv6 ? false : nil)
    return [(LinkMessage.change(index: index, link), "bring up \(linkName)")] + routeRequests(link: index)
  }

  func routeRequests(link index: Int32) -> [(message: NetlinkMessage, operation: String)] {
    [
      (RouteMessage.set(Route(IPv4Prefix(address, length: 32), link: index)), "route \(address) to \(linkName)"),
      (NeighbourMessage.set(Neighbour(address, podHardwareAddress, link: index)), "tell who \(address) is"),
    ]
  }

  /// The pod's end, in the pod's namespace: everything goes through the gateway.
  func podRequests(link index: Int32, gateway: IPv4Address, hasIPv6: Bool) -> [(
    message: NetlinkMessage, operation: String
  )] {
    let name = Self.podInterface
    let link = LinkChange(isUp: true, makesLinkLocalAddress: hasIPv6 ? false : nil)
    let gatewayOnly = IPv4Prefix(gateway, length: 32)
    return [
      // The loopback interface is the first one of every namespace.
      (LinkMessage.change(index: 1, LinkChange(isUp: true)), "bring up the pod's lo"),
      (LinkMessage.change(index: index, link), "bring up the pod's \(name)"),
      (
        AddressMessage.set(InterfaceAddress(address, prefixLength: 32, link: index)),
        "give the pod's \(name) the address \(address)"
      ),
      (RouteMessage.set(Route(gatewayOnly, link: index)), "route the pod to its gateway \(gateway)"),
      (
        RouteMessage.set(Route(IPv4Prefix(IPv4Address(0), length: 0), gateway: gateway, link: index)),
        "give the pod a default route"
      ),
      (NeighbourMessage.set(Neighbour(gateway, hostHardwareAddress, link: index)), "tell the pod who \(gateway) is"),
    ]
  }
}
