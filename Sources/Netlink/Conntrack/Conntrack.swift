import CNetlink
import Glibc
import LinuxSystem

/// The addresses and ports of one direction of a connection.
package struct ConntrackTuple: Sendable, Hashable {
  package var source: IPv4Address
  package var destination: IPv4Address
  /// The IANA number: 6 TCP, 17 UDP.
  package var transportProtocol: UInt8
  package var sourcePort: UInt16
  package var destinationPort: UInt16

  package init(
    source: IPv4Address, destination: IPv4Address, transportProtocol: UInt8, sourcePort: UInt16, destinationPort: UInt16
  ) {
    self.source = source
    self.destination = destination
    self.transportProtocol = transportProtocol
    self.sourcePort = sourcePort
    self.destinationPort = destinationPort
  }

  init?(_ attribute: NetlinkAttribute) {
    guard let ip = attribute.attributes[CTA_TUPLE_IP]?.attributes,
      let proto = attribute.attributes[CTA_TUPLE_PROTO]?.attributes,
      let source = ip[CTA_IP_V4_SRC]?.address, let destination = ip[CTA_IP_V4_DST]?.address,
      let number: UInt8 = proto[CTA_PROTO_NUM]?.native()
    else { return nil }
    self.init(
      source: source, destination: destination, transportProtocol: number,
      sourcePort: proto[CTA_PROTO_SRC_PORT]?.bigEndian() ?? 0,
      destinationPort: proto[CTA_PROTO_DST_PORT]?.bigEndian() ?? 0)
  }

  func write(_ number: ctattr_type, to writer: inout NetlinkWriter) {
    writer.nest(number) { tuple in
      tuple.nest(CTA_TUPLE_IP) {
        $0.put(CTA_IP_V4_SRC, source)
        $0.put(CTA_IP_V4_DST, destination)
      }
      tuple.nest(CTA_TUPLE_PROTO) {
        $0.put(CTA_PROTO_NUM, transportProtocol)
        $0.put(CTA_PROTO_SRC_PORT, bigEndian: sourcePort)
        $0.put(CTA_PROTO_DST_PORT, bigEndian: destinationPort)
      }
    }
  }
}

/// A tracked connection: how its packets came, and how its answers come. Where they do not mirror each other, an address
/// was translated.
package struct ConntrackEntry: Sendable, Hashable {
  package var original: ConntrackTuple
  package var reply: ConntrackTuple

  package init(original: ConntrackTuple, reply: ConntrackTuple) {
    self.original = original
    self.reply = reply
  }

  init?(_ message: NetlinkMessage) {
    let attributes = message.attributes(after: MemoryLayout<nfgenmsg>.size)
    guard let original = attributes[CTA_TUPLE_ORIG].flatMap(ConntrackTuple.init),
      let reply = attributes[CTA_TUPLE_REPLY].flatMap(ConntrackTuple.init)
    else { return nil }
    self.init(original: original, reply: reply)
  }
}

/// The connection table of one network namespace. One user at a time.
package final class ConntrackConnection {
  private let connection: NetlinkConnection

  package init(_ channel: any NetlinkChannel) { connection = NetlinkConnection(channel) }

  private static func type(_ message: cntl_msg_types) -> Int { Int(NFNL_SUBSYS_CTNETLINK) << 8 | Int(message.rawValue) }

  private static func header() -> NetlinkWriter {
    NetlinkWriter(nfgenmsg(nfgen_family: UInt8(AF_INET), version: UInt8(NFNETLINK_V0), res_id: 0))
  }

  static func list() -> NetlinkMessage { NetlinkMessage(type(IPCTNL_MSG_CT_GET), header()) }

  static func delete(_ entry: ConntrackEntry) -> NetlinkMessage {
    var writer = header()
    entry.original.write(CTA_TUPLE_ORIG, to: &writer)
    return NetlinkMessage(type(IPCTNL_MSG_CT_DELETE), writer)
  }

  /// The entries of IPv4 that satisfy the condition.
  package func entries(where condition: (ConntrackEntry) -> Bool) throws -> [ConntrackEntry] {
    var dump = try NetlinkDump(connection, Self.list(), "list tracked connections")
    var entries: [ConntrackEntry] = []
    while let message = try dump.next() {
      if let entry = ConntrackEntry(message), condition(entry) { entries.append(entry) }
    }
    return entries
  }

  /// Forgets the UDP connections that satisfy the condition, so that their next packet is looked at anew.
  ///
  /// - Returns: how many there were.
  @discardableResult
  package func deleteUDP(where condition: (ConntrackEntry) -> Bool) throws -> Int {
    let udp = UInt8(IPPROTO_UDP)
    let stale = try entries { $0.original.transportProtocol == udp && condition($0) }
    for entry in stale {
      do {
        try connection.perform(Self.delete(entry), "forget UDP connection to \(entry.original.destination)")
      } catch let error as NetlinkError where error.errno == ENOENT {
        // Expired meanwhile.
        continue
      }
    }
    return stale.count
  }
}
