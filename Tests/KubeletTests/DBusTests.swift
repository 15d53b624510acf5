import KubernetesAPI
import Testing

@testable import Kubelet

/// The bus's wire format against messages that GLib has written.
@Suite struct DBusTests {
  private static let inhibit =
    "6c01000156000000030000008800000001016f00170000002f6f72672f667265656465736b746f702f6c6f67696e31000201"
      + "73001e0000006f72672e667265656465736b746f702e6c6f67696e312e4d616e61676572000006017300160000006f72672e"
      + "667265656465736b746f702e6c6f67696e310000080167000473737373000000000000000301730007000000496e68696269"
      + "74000800000073687574646f776e00000000070000006b7562656c6574002a0000004b7562656c6574206e65656473207469"
      + "6d6520746f2068616e646c65206e6f64652073687574646f776e00000500000064656c617900"
  private static let signal =
    "6c04010104000000090000007b00000007017300040000003a312e330000000001016f00170000002f6f72672f6672656564"
      + "65736b746f702f6c6f67696e3100020173001e0000006f72672e667265656465736b746f702e6c6f67696e312e4d616e6167"
      + "657200000801670001620000030173001200000050726570617265466f7253687574646f776e00000000000001000000"
  private static let property =
    "6c020001100000000a0000002000000007017300040000003a312e3300000000080167000176000005017500030000000174"
      + "000000000000404b4c0000000000"
  private static let refusal =
    "6c030001110000000b0000004800000004017300290000006f72672e667265656465736b746f702e444275732e4572726f72"
      + "2e53657276696365556e6b6e6f776e00000000000000080167000173000005017500030000000c0000006e6f207375636820"
      + "6e616d6500"

  private func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = Array(hexadecimal)
    return stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) }
  }

  private func message(_ hexadecimal: String) throws -> DBusMessage {
    var buffer = bytes(hexadecimal)
    let message = try #require(try DBusMessage.take(from: &buffer))
    #expect(buffer.isEmpty)
    return message
  }

  @Test func asksForALockInTheSameWords() throws {
    var own = Logind.inhibit
    own.serial = 3
    #expect(try message(Self.inhibit) == own)
    var buffer = own.bytes
    #expect(try DBusMessage.take(from: &buffer) == own)
  }

  @Test func writesExactlyTheseBytes() {
    var message = DBusMessage(kind: .methodReturn)
    message.serial = 1
    message.replySerial = 2
    message.set([.byte(7), .uint64(5), .string("é")])
    #expect(
      message.bytes == [
        // Order, kind, flags, version, length of the body, serial.
        0x6c, 2, 0, 1, 23, 0, 0, 0, 1, 0, 0, 0,
        // Two fields: which call is answered, and the types of the body.
        17, 0, 0, 0, 5, 1, 0x75, 0, 2, 0, 0, 0, 8, 1, 0x67, 0, 3, 0x79, 0x74, 0x73, 0, 0, 0, 0, 0, 0, 0, 0,
        7, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0xc3, 0xa9, 0,
      ])
  }

  @Test func hearsThatTheMachineGoesDown() throws {
    let signal = try message(Self.signal)
    #expect(Logind.isGoingDown(signal) == true)
    #expect(signal.sender == ":1.3")
    var back = signal
    back.set([.boolean(false)])
    #expect(Logind.isGoingDown(back) == false)
    for change in [
      { $0.member = "PrepareForSleep" }, { $0.interface = "other" }, { $0.path = "/" }, { $0.kind = .methodCall },
      { $0.set([.string("true")]) },
    ] as [(inout DBusMessage) -> Void] {
      var other = signal
      change(&other)
      #expect(Logind.isGoingDown(other) == nil)
    }
  }

  @Test func readsAnswers() throws {
    let property = try message(Self.property)
    #expect(property.replySerial == 3)
    #expect(Logind.delayLimitSeconds(try property.values()) == 5)
    #expect(Logind.delayLimitSeconds([.string("5")]) == nil)
    let refusal = try message(Self.refusal)
    #expect(refusal.kind == .error)
    #expect(refusal.errorName == "org.freedesktop.DBus.Error.ServiceUnknown")
    #expect(try refusal.values() == [.string("no such name")])
  }

  @Test func valuesComeBack() throws {
    let values: [DBusValue] = [
      .byte(255), .boolean(true), .int32(-5), .uint32(.max), .uint64(.max), .string(""), .objectPath("/a"),
      .signature("a{sv}"), .descriptor(0), .variant(.variant(.string("deep"))),
    ]
    var message = DBusMessage(kind: .signal)
    message.set(values)
    #expect(message.signature == "ybiutsoghv")
    #expect(try message.values() == values)
  }

  @Test func waitsForTheRestOfAMessage() throws {
    let whole = bytes(Self.signal)
    for length in 0..<whole.count {
      var buffer = Array(whole[..<length])
      #expect(try DBusMessage.take(from: &buffer) == nil)
      #expect(buffer.count == length)
    }
    var two = whole + bytes(Self.property)
    #expect(try DBusMessage.take(from: &two)?.kind == .signal)
    #expect(try DBusMessage.take(from: &two)?.kind == .methodReturn)
  }

  @Test(arguments: [
    (0, 0x42, "another byte order"), (1, 9, "an unknown kind"), (7, 0x7f, "a body without end"),
    (15, 0x7f, "fields without end"), (20, 0xff, "a text longer than the message"),
  ])
  func refusesWhatIsMalformed(position: Int, byte: UInt8, what: String) {
    var buffer = bytes(Self.signal)
    buffer[position] = byte
    #expect(throws: DBusError.self, "\(what)") { try DBusMessage.take(from: &buffer) }
  }

  @Test func readsNothingBeyondTheEnd() {
    for signature in ["y", "b", "u", "t", "s", "g", "v", "as"] {
      var message = DBusMessage(kind: .signal)
      message.signature = signature
      #expect(throws: DBusError.self) { try message.values() }
    }
    // Variants in variants in variants.
    var deep = DBusMessage(kind: .signal)
    deep.signature = "v"
    deep.body = (0..<100).flatMap { _ in [1, UInt8(ascii: "v"), 0] }
    #expect(throws: DBusError.self) { try deep.values() }
  }
}
