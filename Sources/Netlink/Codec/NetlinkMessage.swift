import CNetlink

/// One netlink message without the numbers that the connection gives it.
package struct NetlinkMessage: Sendable, Equatable {
  package struct Flags: OptionSet, Sendable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }
    static let request = Flags(rawValue: UInt16(NLM_F_REQUEST))
    static let multipart = Flags(rawValue: UInt16(NLM_F_MULTI))
    static let acknowledge = Flags(rawValue: UInt16(NLM_F_ACK))
    static let dumpInterrupted = Flags(rawValue: UInt16(NLM_F_DUMP_INTR))
    static let dump = Flags(rawValue: UInt16(NLM_F_DUMP))
    static let replace = Flags(rawValue: UInt16(NLM_F_REPLACE))
    static let exclusive = Flags(rawValue: UInt16(NLM_F_EXCL))
    static let create = Flags(rawValue: UInt16(NLM_F_CREATE))
    static let append = Flags(rawValue: UInt16(NLM_F_APPEND))
    static let capped = Flags(rawValue: UInt16(NLM_F_CAPPED))
    static let hasErrorAttributes = Flags(rawValue: UInt16(NLM_F_ACK_TLVS))
  }

  static let headerLength = 16

  package var type: UInt16
  package var flags: Flags
  /// The family's header and the attributes.
  package var payload: ArraySlice<UInt8>

  package init(type: UInt16, flags: Flags, payload: ArraySlice<UInt8>) {
    self.type = type
    self.flags = flags
    self.payload = payload
  }

  init(_ type: Int, _ flags: Flags, _ writer: NetlinkWriter) {
    self.init(type: UInt16(type), flags: flags, payload: writer.bytes[...])
  }

  init(_ type: Int, _ writer: NetlinkWriter) {
    self.init(type, [], writer)
  }

  /// The attributes after a family header of `length` bytes.
  func attributes(after length: Int) -> NetlinkAttributes { NetlinkAttributes(payload.dropFirst(length)) }

  /// Appends the message as the kernel reads it.
  func encode(sequence: UInt32, into bytes: inout [UInt8]) {
    let length = Self.headerLength + payload.count
    let header = nlmsghdr(
      nlmsg_len: UInt32(length), nlmsg_type: type, nlmsg_flags: flags.rawValue, nlmsg_seq: sequence, nlmsg_pid: 0)
    withUnsafeBytes(of: header) { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: payload)
    bytes.append(contentsOf: repeatElement(0, count: (4 - length % 4) % 4))
  }

  /// The messages of one datagram with their sequence numbers.
  static func decode(_ datagram: [UInt8]) -> [(sequence: UInt32, message: NetlinkMessage)] {
    var messages: [(UInt32, NetlinkMessage)] = []
    var rest = datagram[...]
    while let header: nlmsghdr = rest.number(at: 0), header.nlmsg_len >= headerLength, header.nlmsg_len <= rest.count {
      let payload = rest.dropFirst(headerLength).prefix(Int(header.nlmsg_len) - headerLength)
      let message = NetlinkMessage(
        type: header.nlmsg_type, flags: Flags(rawValue: header.nlmsg_flags), payload: payload)
      messages.append((header.nlmsg_seq, message))
      rest = rest.dropFirst((Int(header.nlmsg_len) + 3) & ~3)
    }
    return messages
  }
}
