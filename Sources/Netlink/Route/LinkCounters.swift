/// What a link has carried, as the kernel counts it (`struct rtnl_link_stats64`: eight numbers first, which have not moved
/// since Linux 2.6.35).
package struct LinkCounters: Sendable, Hashable {
  package struct Direction: Sendable, Hashable {
    package var bytes = 0
    package var packets = 0
    package var errors = 0
    package var dropped = 0

    package init() {}
  }

  package var received = Direction()
  package var transmitted = Direction()

  package init() {}

  init?(_ attribute: NetlinkAttribute) {
    var numbers: [Int] = []
    for position in 0..<8 {
      guard let number: UInt64 = attribute.payload.number(at: position * 8) else { return nil }
      numbers.append(Int(clamping: number))
    }
    (received.packets, transmitted.packets) = (numbers[0], numbers[1])
    (received.bytes, transmitted.bytes) = (numbers[2], numbers[3])
    (received.errors, transmitted.errors) = (numbers[4], numbers[5])
    (received.dropped, transmitted.dropped) = (numbers[6], numbers[7])
  }
}
