/// A value of the D-Bus wire format (D-Bus Specification, "Type System"), as far as this agent speaks it.
package enum DBusValue: Sendable, Hashable {
  case byte(UInt8)
  case boolean(Bool)
  case int32(Int32)
  case uint32(UInt32)
  case uint64(UInt64)
  case string(String)
  case objectPath(String)
  case signature(String)
  /// The position of a descriptor among those that come with the message.
  case descriptor(UInt32)
  indirect case variant(DBusValue)

  /// Its type's code.
  var signature: String {
    switch self {
    case .byte: "y"
    case .boolean: "b"
    case .int32: "i"
    case .uint32: "u"
    case .uint64: "t"
    case .string: "s"
    case .objectPath: "o"
    case .signature: "g"
    case .descriptor: "h"
    case .variant: "v"
    }
  }
}

/// What came over the bus is not what this agent understands.
package enum DBusError: Error, Sendable, Hashable, CustomStringConvertible {
  case malformed(String)
  case unsupportedType(String)
  case refused(name: String, message: String)
  case notAuthenticated(String)
  case closed

  package var description: String {
    switch self {
    case .malformed(let what): "a message of the bus is malformed: \(what)"
    case .unsupportedType(let code): "a message of the bus has a value of type \(code), which this agent does not read"
    case .refused(let name, let message): "\(name): \(message)"
    case .notAuthenticated(let answer): "the bus did not accept this agent: \(answer)"
    case .closed: "the bus has closed the connection"
    }
  }
}

/// Values to bytes, little-endian, each at a multiple of its size.
struct DBusWriter {
  private(set) var bytes: [UInt8] = []

  mutating func align(_ size: Int) {
    while bytes.count % size != 0 { bytes.append(0) }
  }

  mutating func number<Number: FixedWidthInteger>(_ number: Number) {
    align(Number.bitWidth / 8)
    withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
  }

  mutating func text(_ text: String) {
    number(UInt32(text.utf8.count))
    bytes += Array(text.utf8) + [0]
  }

  mutating func code(_ code: String) {
    bytes.append(UInt8(code.utf8.count))
    bytes += Array(code.utf8) + [0]
  }

  mutating func value(_ value: DBusValue) {
    switch value {
    case .byte(let byte): number(byte)
    case .boolean(let flag): number(UInt32(flag ? 1 : 0))
    case .int32(let value): number(value)
    case .uint32(let value), .descriptor(let value): number(value)
    case .uint64(let value): number(value)
    case .string(let value), .objectPath(let value): text(value)
    case .signature(let value): code(value)
    case .variant(let inner):
      code(inner.signature)
      self.value(inner)
    }
  }

  mutating func append(_ more: [UInt8]) { bytes += more }
}

/// Bytes to values; never beyond their end.
struct DBusReader {
  private let bytes: [UInt8]
  private(set) var position = 0
  /// Variants in variants are read no deeper.
  private static let maximumDepth = 8

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { position >= bytes.count }

  mutating func align(_ size: Int) throws(DBusError) {
    let aligned = (position + size - 1) / size * size
    guard aligned <= bytes.count else { throw .malformed("it ends in the middle of a value") }
    position = aligned
  }

  mutating func number<Number: FixedWidthInteger>(_: Number.Type) throws(DBusError) -> Number {
    let size = Number.bitWidth / 8
    try align(size)
    var number: Number = 0
    for byte in try take(size).reversed() { number = number << 8 | Number(truncatingIfNeeded: byte) }
    return number
  }

  mutating func take(_ count: Int) throws(DBusError) -> ArraySlice<UInt8> {
    guard count >= 0, bytes.count - position >= count else { throw .malformed("it ends in the middle of a value") }
    defer { position += count }
    return bytes[position..<(position + count)]
  }

  mutating func text() throws(DBusError) -> String {
    let length = try number(UInt32.self)
    return try terminated(Int(length))
  }

  mutating func code() throws(DBusError) -> String {
    let length = try number(UInt8.self)
    return try terminated(Int(length))
  }

  private mutating func terminated(_ length: Int) throws(DBusError) -> String {
    let text = try take(length)
    guard try take(1).first == 0 else { throw .malformed("a text does not end where it says") }
    guard let text = String(validating: text, as: UTF8.self) else { throw .malformed("a text is no UTF-8") }
    return text
  }

  mutating func value(_ code: String, depth: Int = 0) throws(DBusError) -> DBusValue {
    switch code {
    case "y": return .byte(try number(UInt8.self))
    case "b":
      let flag = try number(UInt32.self)
      guard flag < 2 else { throw .malformed("a truth value is \(flag)") }
      return .boolean(flag == 1)
    case "i": return .int32(try number(Int32.self))
    case "u": return .uint32(try number(UInt32.self))
    case "h": return .descriptor(try number(UInt32.self))
    case "t": return .uint64(try number(UInt64.self))
    case "s": return .string(try text())
    case "o": return .objectPath(try text())
    case "g": return .signature(try self.code())
    case "v":
      guard depth < Self.maximumDepth else { throw .malformed("variants are nested too deep") }
      return .variant(try value(try self.code(), depth: depth + 1))
    default: throw .unsupportedType(code)
    }
  }
}
