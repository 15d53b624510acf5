import Testing

@testable import Netlink

/// The exact bytes, on a little-endian machine: each line is a message's header or an attribute.
@Suite struct NftMessageTests {
  private let kernel = ScriptedKernel()
  private let table = NftTable(.ip, "t")
  private let map = NftSet("m", key: [.ipv4Address, .inetProtocol, .inetService], data: [.mark])

  private func bytes(_ command: NftTransaction.Command) -> [UInt8] {
    NftMessage.messages(table, command, setID: 3).flatMap { Array($0.payload) }
  }

  private func commit(_ commands: [NftTransaction.Command], generation: UInt32? = nil) throws {
    var transaction = NftTransaction(table)
    transaction.append(contentsOf: commands)
    try NftConnection(kernel).commit(transaction, generation: generation)
  }

  @Test func aTransactionIsOneDatagram() throws {
    try commit([.addTable], generation: 7)
    #expect(
      kernel.sent == [
        hex(
          """
          1c000000 1000 0100 01000000 00000000  00 00 000a  0800 0100 00000007
          1c000000 000a 0504 02000000 00000000  02 00 0000  0600 0100 7400 0000
          14000000 1100 0100 03000000 00000000  00 00 000a
          """)
      ])
  }

  @Test func baseChain() {
    #expect(
      bytes(.addChain(NftChain("c", hook: NftHook(.nat, .prerouting, priority: -100))))
        == hex(
          """
          02 00 0000
          0600 0100 7400 0000
          0600 0300 6300 0000
          1400 0480
            0800 0100 00000000
            0800 0200 ffffff9c
          0800 0500 00000001
          0800 0700 6e617400
          """))
  }

  @Test func mapOfConcatenations() {
    #expect(
      bytes(.addSet(map))
        == hex(
          """
          02 00 0000
          0600 0100 7400 0000
          0600 0200 6d00 0000
          0800 0300 00000008
          0800 0400 0000730d
          0800 0500 0000000c
          0800 0600 00000013
          0800 0700 00000004
          0800 0a00 00000003
          0a00 0d00 0104 01000000 0000
          """))
  }

  @Test func element() {
    let key: [NftValue] = [.address(IPv4Address(0x0a2b_0005)), .proto(6), .port(80)]
    let element = NftElement(key, .values([.mark(0x5310_0002)]))
    let message = NftMessage.messages(table, .addElements(map, [element]), setID: 0)[0]
    #expect(message.type == 0x0a0c)
    #expect(message.flags.rawValue == 0x600)
    #expect(
      Array(message.payload)
        == hex(
          """
          02 00 0000
          0600 0100 7400 0000
          0600 0200 6d00 0000
          2800 0380
            2400 0180
              1400 0180
                1000 0100 0a2b0005 06000000 00500000
              0c00 0280
                0800 0100 02001053
          """))
  }

  @Test func ruleThatMasquerades() {
    let rule = NftRule(.isIn(.sourceAddress, IPv4Prefix(IPv4Address(0x0a2a_0000), length: 16)), .masquerade)
    #expect(
      bytes(.addRule(chain: "c", rule))
        == hex(
          """
          02 00 0000
          0600 0100 7400 0000
          0600 0200 6300 0000
          bc00 0480
            3400 0180
              0c00 0100 7061796c6f616400
              2400 0280  0800 0100 00000008  0800 0200 00000001  0800 0300 0000000c  0800 0400 00000004
            4400 0180
              0c00 0100 6269747769736500
              3400 0280
                0800 0100 00000008  0800 0200 00000008  0800 0300 00000004
                0c00 0480 0800 0100 ffff0000
                0c00 0580 0800 0100 00000000
            2c00 0180
              0800 0100 636d7000
              2000 0280  0800 0100 00000008  0800 0200 00000000  0c00 0380 0800 0100 0a2a0000
            1400 0180
              0900 0100 6d61737100 000000
              0400 0280
          """))
  }

  @Test func elementsAreSplitOverMessages() {
    let set = NftSet("s", key: [.ipv4Address])
    let elements = (0..<1200).map { NftElement([.address(IPv4Address($0))]) }
    let messages = NftMessage.messages(table, .addElements(set, elements), setID: 0)
    #expect(messages.map(\.type) == [0x0a0c, 0x0a0c, 0x0a0c])
    #expect(messages.allSatisfy { $0.payload.count < 65_536 })
  }

  @Test func elementsAreReadAsTheyAreWritten() throws {
    let verdicts = NftSet("v", key: [.inetProtocol, .inetService], data: [.verdict])
    let elements = [
      NftElement([.proto(17), .port(53)], .verdict(.goto("x"))), NftElement([.proto(6), .port(443)], .verdict(.drop)),
    ]
    let message = NftMessage.messages(table, .addElements(verdicts, elements), setID: 0)[0]
    let list = try #require(message.attributes(after: 4)[UInt16(3)])
    #expect(list.attributes.compactMap { NftElement(verdicts, $0) } == elements)
  }

  @Test func anotherGenerationIsAConflict() {
    kernel.answer([(1, ScriptedKernel.acknowledgement(errno: 85))])
    #expect(throws: NftConflict.self) { try commit([.addTable], generation: 7) }
  }

  @Test func anErrorNamesTheCommand() {
    kernel.answer([(3, ScriptedKernel.acknowledgement(errno: 2)), (3, ScriptedKernel.acknowledgement())])
    kernel.answer([(3, ScriptedKernel.acknowledgement(errno: 2))])
    let rule = NftRule(.isElement([.sourceAddress], of: "gone"), .verdict(.drop))
    #expect(
      throws: NetlinkError(operation: "add rule \"ip saddr @gone drop\" to chain c of table ip t", errno: 2)
    ) { try commit([.addTable, .addRule(chain: "c", rule)]) }
  }

  @Test func conntrackDeletion() {
    let tuple = ConntrackTuple(
      source: IPv4Address(0x0a2a_0002), destination: IPv4Address(0x0a2b_000a), transportProtocol: 17, sourcePort: 4000,
      destinationPort: 53)
    let message = ConntrackConnection.delete(ConntrackEntry(original: tuple, reply: tuple))
    #expect(message.type == 0x0102)
    #expect(
      Array(message.payload)
        == hex(
          """
          02 00 0000
          3400 0180
            1400 0180  0800 0100 0a2a0002  0800 0200 0a2b000a
            1c00 0280  0500 0100 11 000000  0600 0200 0fa0 0000  0600 0300 0035 0000
          """))
  }
}
