import Testing

@testable import Netlink

/// The exact bytes, on a little-endian machine: each line is a header or an attribute.
@Suite struct RouteMessageTests {
  private let address = IPv4Address(0x0a2a_0005)

  @Test func bridge() {
    let hardware = HardwareAddress(first: 0x06, IPv4Address(0x0a2a_0001))
    let message = LinkMessage.makeBridge(name: "swiftlet0", hardwareAddress: hardware, mtuBytes: 1500)
    #expect(message.type == 16)
    #expect(message.flags.rawValue == 0x600)
    #expect(
      Array(message.payload)
        == hex(
          """
          00 00 0000 00000000 00000000 00000000
          0e00 0300 737769 66746c 65743000 0000
          0800 0400 dc050000
          0a00 0100 06010a2a0001 0000
          1000 1200
            0b00 0100 627269646765 00 00
          """))
  }

  @Test func vethWithItsPeerInAnotherNamespace() {
    let message = LinkMessage.makeVeth(
      VethPair(
        name: "sw1", hardwareAddress: HardwareAddress(first: 0x06, address), peerName: "eth0",
        peerHardwareAddress: HardwareAddress(first: 0x02, address), mtuBytes: 1400, peerNamespace: 9))
    #expect(message.type == 16)
    #expect(
      Array(message.payload)
        == hex(
          """
          00 00 0000 00000000 00000000 00000000
          0800 0300 73773100
          0800 0400 78050000
          0a00 0100 06010a2a0005 0000
          0800 1f00 01000000
          0800 2000 01000000
          6000 1200
            0900 0100 76657468 00 000000
            5000 0200
              4c00 0100
                00 00 0000 00000000 00000000 00000000
                0900 0300 65746830 00 000000
                0800 0400 78050000
                0a00 0100 02010a2a0005 0000
                0800 1f00 01000000
                0800 2000 01000000
                0800 1c00 09000000
          """))
  }

  @Test func linkUpWithAliasAndWithoutLinkLocalAddress() {
    let change = LinkChange(isUp: true, alias: "uid", makesLinkLocalAddress: false)
    let message = LinkMessage.change(index: 7, change)
    #expect(message.type == 19)
    #expect(
      Array(message.payload)
        == hex(
          """
          00 00 0000 07000000 01000000 01000000
          0700 1400 756964 00
          1000 1a00
            0c00 0a00
              0500 0800 01 000000
          """))
  }

  @Test func removalOfAGroup() {
    let message = LinkMessage.delete(group: 0x7377)
    #expect(message.type == 17)
    #expect(Array(message.payload) == hex("00 00 0000 00000000 00000000 00000000  0800 1b00 77730000"))
  }

  @Test func interfaceAddress() {
    let message = AddressMessage.set(InterfaceAddress(address, prefixLength: 32, link: 2))
    #expect(message.type == 20)
    #expect(message.flags.rawValue == 0x500)
    #expect(Array(message.payload) == hex("02 20 00 00 02000000  0800 0200 0a2a0005  0800 0100 0a2a0005"))
  }

  @Test func directRoute() {
    let message = RouteMessage.set(Route(IPv4Prefix(address, length: 32), link: 7))
    #expect(message.type == 24)
    #expect(
      Array(message.payload) == hex("02 20 00 00 fe 04 fd 01 00000000  0800 0100 0a2a0005  0800 0400 07000000"))
  }

  @Test func defaultRoute() {
    let route = Route(IPv4Prefix(IPv4Address(0), length: 0), gateway: IPv4Address(0x0a2a_0001), link: 2)
    #expect(
      Array(RouteMessage.set(route).payload)
        == hex("02 00 00 00 fe 04 00 01 00000000  0800 0400 02000000  0800 0500 0a2a0001"))
  }

  @Test func refusedRange() throws {
    let range = try #require(IPv4Prefix("10.42.0.0/24"))
    #expect(
      Array(RouteMessage.set(Route(range, kind: .unreachable)).payload)
        == hex("02 18 00 00 fe 04 00 07 00000000  0800 0100 0a2a0000"))
  }

  @Test func neighbour() {
    let message = NeighbourMessage.set(Neighbour(address, HardwareAddress(first: 0x02, address), link: 7))
    #expect(message.type == 28)
    #expect(
      Array(message.payload)
        == hex("02 00 0000 07000000 8000 00 00  0800 0100 0a2a0005  0a00 0200 02010a2a0005 0000"))
  }

  @Test func routesAreReadAsTheyAreWritten() throws {
    let route = Route(IPv4Prefix(address, length: 32), link: 7, source: IPv4Address(1))
    #expect(Route(RouteMessage.set(route)) == route)
    let neighbour = Neighbour(address, HardwareAddress(first: 2, address), link: 3)
    #expect(Neighbour(NeighbourMessage.set(neighbour)) == neighbour)
    let interface = InterfaceAddress(address, prefixLength: 24, link: 3)
    #expect(InterfaceAddress(AddressMessage.set(interface)) == interface)
  }
}
