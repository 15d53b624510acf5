import CNetlink
import Glibc

/// An IPv4 route of the main table.
package struct Route: Sendable, Hashable {
  package enum Kind: UInt8, Sendable {
    case unicast = 1
    /// Answers at once that there is no such host, instead of sending the packet towards the default route.
    case unreachable = 7
  }

  package var destination: IPv4Prefix
  package var kind: Kind = .unicast
  package var gateway: IPv4Address?
  /// The interface; nil where the kind needs none.
  package var link: Int32?
  /// The source address of connections that do not name one.
  package var source: IPv4Address?

  package init(
    _ destination: IPv4Prefix, kind: Kind = .unicast, gateway: IPv4Address? = nil, link: Int32? = nil,
    source: IPv4Address? = nil
  ) {
    self.destination = destination
    self.kind = kind
    self.gateway = gateway
    self.link = link
    self.source = source
  }

  /// Nil for routes of other families, tables and kinds.
  init?(_ message: NetlinkMessage) {
    guard message.type == UInt16(RTM_NEWROUTE), let header: rtmsg = message.payload.number(at: 0),
      header.rtm_family == UInt8(AF_INET), header.rtm_table == UInt8(RT_TABLE_MAIN.rawValue),
      let kind = Kind(rawValue: header.rtm_type)
    else { return nil }
    var address = IPv4Address(0)
    for attribute in message.attributes(after: MemoryLayout<rtmsg>.size) {
      switch UInt32(attribute.number) {
      case RTA_DST.rawValue: address = attribute.address ?? address
      case RTA_GATEWAY.rawValue: gateway = attribute.address
      case RTA_OIF.rawValue: link = attribute.native()
      case RTA_PREFSRC.rawValue: source = attribute.address
      default: break
      }
    }
    destination = IPv4Prefix(address, length: min(32, Int(header.rtm_dst_len)))
    self.kind = kind
  }
}

/// Messages about routes (RTM_*ROUTE).
package enum RouteMessage {
  package static func list() -> NetlinkMessage {
    var header = rtmsg()
    header.rtm_family = UInt8(AF_INET)
    return NetlinkMessage(RTM_GETROUTE, NetlinkWriter(header))
  }

  /// Adds the route, or puts it in the place of one with the same destination.
  package static func set(_ route: Route) -> NetlinkMessage {
    NetlinkMessage(RTM_NEWROUTE, [.create, .replace], body(of: route))
  }

  package static func delete(_ route: Route) -> NetlinkMessage { NetlinkMessage(RTM_DELROUTE, body(of: route)) }

  private static func body(of route: Route) -> NetlinkWriter {
    var header = rtmsg()
    header.rtm_family = UInt8(AF_INET)
    header.rtm_dst_len = UInt8(route.destination.length)
    header.rtm_table = UInt8(RT_TABLE_MAIN.rawValue)
    header.rtm_protocol = UInt8(RTPROT_STATIC)
    header.rtm_type = route.kind.rawValue
    let isDirect = route.gateway == nil && route.kind == .unicast
    header.rtm_scope = UInt8((isDirect ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE).rawValue)
    var writer = NetlinkWriter(header)
    if route.destination.length > 0 { writer.put(RTA_DST, route.destination.address) }
    if let link = route.link { writer.put(RTA_OIF, link) }
    if let gateway = route.gateway { writer.put(RTA_GATEWAY, gateway) }
    if let source = route.source { writer.put(RTA_PREFSRC, source) }
    return writer
  }
}
