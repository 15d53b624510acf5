/// A message of the bus (D-Bus Specification, "Message Format"): pure, from and to bytes.
package struct DBusMessage: Sendable, Hashable {
  package enum Kind: UInt8, Sendable {
    case methodCall = 1
    case methodReturn = 2
    case error = 3
    case signal = 4
  }

  package var kind: Kind
  package var serial: UInt32 = 0
  package var path: String?
  package var interface: String?
  package var member: String?
  package var errorName: String?
  package var replySerial: UInt32?
  package var destination: String?
  package var sender: String?
  package var descriptorCount: UInt32 = 0
  package var signature = ""
  package var body: [UInt8] = []

  package init(kind: Kind) { self.kind = kind }

  /// A call of a method.
  package init(
    call member: String, on interface: String, path: String, destination: String, _ arguments: [DBusValue] = []
  ) {
    kind = .methodCall
    self.path = path
    self.interface = interface
    self.member = member
    self.destination = destination
    set(arguments)
  }

  package mutating func set(_ values: [DBusValue]) {
    var writer = DBusWriter()
    for value in values { writer.value(value) }
    signature = values.map(\.signature).joined()
    body = writer.bytes
  }

  /// What the message says. Only simple types are read, one letter each.
  package func values() throws(DBusError) -> [DBusValue] {
    var reader = DBusReader(body)
    var values: [DBusValue] = []
    for code in signature { values.append(try reader.value(String(code))) }
    return values
  }

  // MARK: bytes

  private static let littleEndian = UInt8(ascii: "l")
  private static let version: UInt8 = 1
  /// Up to the header's fields.
  private static let fixedBytes = 16
  /// Nothing that this agent asks for is longer.
  package static let maximumBytes = 1 << 20

  package var bytes: [UInt8] {
    var writer = DBusWriter()
    writer.append([Self.littleEndian, kind.rawValue, 0, Self.version])
    writer.number(UInt32(body.count))
    writer.number(serial)
    let fields = fieldBytes
    writer.number(UInt32(fields.count))
    writer.append(fields)
    writer.align(8)
    return writer.bytes + body
  }

  /// The fields stand at a multiple of 8, so their own alignment can be counted from their start.
  private var fieldBytes: [UInt8] {
    var writer = DBusWriter()
    let fields: [(code: UInt8, value: DBusValue?)] = [
      (1, path.map(DBusValue.objectPath)), (2, interface.map(DBusValue.string)), (3, member.map(DBusValue.string)),
      (4, errorName.map(DBusValue.string)), (5, replySerial.map(DBusValue.uint32)),
      (6, destination.map(DBusValue.string)), (7, sender.map(DBusValue.string)),
      (8, signature.isEmpty ? nil : .signature(signature)), (9, descriptorCount == 0 ? nil : .uint32(descriptorCount)),
    ]
    for case (let code, let value?) in fields {
      writer.align(8)
      writer.number(code)
      writer.value(.variant(value))
    }
    return writer.bytes
  }

  /// Takes one message off the front of what has come; nil while it is not whole.
  package static func take(from buffer: inout [UInt8]) throws(DBusError) -> DBusMessage? {
    guard buffer.count >= fixedBytes else { return nil }
    guard buffer[0] == littleEndian else { throw .malformed("it is not little-endian") }
    var head = DBusReader(Array(buffer[4..<fixedBytes]))
    let bodyLength = Int(try head.number(UInt32.self))
    let serial = try head.number(UInt32.self)
    let fieldLength = Int(try head.number(UInt32.self))
    let bodyStart = (fixedBytes + fieldLength + 7) / 8 * 8
    guard bodyStart + bodyLength <= maximumBytes else { throw .malformed("it is longer than \(maximumBytes) bytes") }
    guard buffer.count >= bodyStart + bodyLength else { return nil }
    guard let kind = Kind(rawValue: buffer[1]) else { throw .malformed("it is of kind \(buffer[1])") }
    var message = DBusMessage(kind: kind)
    message.serial = serial
    message.body = Array(buffer[bodyStart..<(bodyStart + bodyLength)])
    try message.readFields(Array(buffer[fixedBytes..<(fixedBytes + fieldLength)]))
    buffer.removeFirst(bodyStart + bodyLength)
    return message
  }

  private mutating func readFields(_ bytes: [UInt8]) throws(DBusError) {
    var reader = DBusReader(bytes)
    while !reader.isAtEnd {
      try reader.align(8)
      let code = try reader.number(UInt8.self)
      guard case .variant(let value) = try reader.value("v") else { continue }
      set(code, value)
    }
  }

  private mutating func set(_ code: UInt8, _ value: DBusValue) {
    switch (code, value) {
    case (1, .objectPath(let text)): path = text
    case (2, .string(let text)): interface = text
    case (3, .string(let text)): member = text
    case (4, .string(let text)): errorName = text
    case (5, .uint32(let number)): replySerial = number
    case (6, .string(let text)): destination = text
    case (7, .string(let text)): sender = text
    case (8, .signature(let text)): signature = text
    case (9, .uint32(let number)): descriptorCount = number
    // Fields that this agent does not know are none of its business.
    default: break
    }
  }
}
