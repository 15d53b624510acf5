import CNetlink

@testable import Netlink

/// A kernel that keeps what it is sent and gives prepared answers; without one it acknowledges each request that asks.
final class ScriptedKernel: NetlinkChannel {
  private(set) var sent: [[UInt8]] = []
  private var replies: [[UInt8]] = []

  /// Answers the next `receive` with these messages.
  func answer(_ messages: [(sequence: UInt32, message: NetlinkMessage)]) {
    var datagram: [UInt8] = []
    for (sequence, message) in messages { message.encode(sequence: sequence, into: &datagram) }
    replies.append(datagram)
  }

  func send(_ datagram: [UInt8]) {
    sent.append(datagram)
    guard replies.isEmpty else { return }
    for (sequence, message) in NetlinkMessage.decode(datagram) where message.flags.contains(.acknowledge) {
      answer([(sequence, Self.acknowledgement())])
    }
  }

  func receive() throws -> [UInt8] {
    guard !replies.isEmpty else { throw NetlinkError(operation: "receive", errno: 11, message: "nothing was prepared") }
    return replies.removeFirst()
  }

  /// NLMSG_ERROR as the kernel sends it with NETLINK_CAP_ACK and NETLINK_EXT_ACK.
  static func acknowledgement(errno: Int32 = 0, text: String? = nil) -> NetlinkMessage {
    var writer = NetlinkWriter(-errno)
    writer.put(raw: nlmsghdr())
    if let text { writer.put(UInt16(1), text) }
    return NetlinkMessage(2, text == nil ? .capped : [.capped, .hasErrorAttributes], writer)
  }
}

/// Bytes as pairs of hexadecimal digits; spaces and line ends between them are left out.
func hex(_ text: String) -> [UInt8] {
  let digits = text.filter { !$0.isWhitespace }
  return stride(from: 0, to: digits.count, by: 2).map { index in
    let start = digits.index(digits.startIndex, offsetBy: index)
    return UInt8(digits[start..<digits.index(start, offsetBy: 2)], radix: 16)!
  }
}
