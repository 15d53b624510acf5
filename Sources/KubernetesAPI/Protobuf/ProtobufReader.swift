/// What is wrong with a protobuf text.
package struct ProtobufError: Error, Equatable, CustomStringConvertible {
  package var description: String
}

/// Reads the fields of one protobuf message (proto2 wire format) off its bytes.
struct ProtobufReader {
  enum Value {
    case varint(UInt64)
    case fixed64(UInt64)
    case fixed32(UInt32)
    case bytes(ArraySlice<UInt8>)
  }

  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// The next field; nil at the end.
  mutating func next() throws(ProtobufError) -> (number: Int, value: Value)? {
    guard !rest.isEmpty else { return nil }
    let tag = try varint()
    guard let number = Int(exactly: tag >> 3), number > 0 else {
      throw ProtobufError(description: "illegal field number")
    }
    switch tag & 7 {
    case 0: return (number, .varint(try varint()))
    case 1: return (number, .fixed64(try fixed(8)))
    case 2: return (number, .bytes(try lengthDelimited()))
    case 5: return (number, .fixed32(UInt32(try fixed(4))))
    default: throw ProtobufError(description: "illegal wire type \(tag & 7) of field \(number)")
    }
  }

  mutating func varint() throws(ProtobufError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = rest.popFirst() else { throw ProtobufError(description: "unexpected end of input") }
      value |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return value }
    }
    throw ProtobufError(description: "a number takes more than 64 bits")
  }

  var isAtEnd: Bool { rest.isEmpty }

  private mutating func lengthDelimited() throws(ProtobufError) -> ArraySlice<UInt8> {
    guard let length = Int(exactly: try varint()), length <= rest.count else {
      throw ProtobufError(description: "unexpected end of input")
    }
    defer { rest = rest.dropFirst(length) }
    return rest.prefix(length)
  }

  private mutating func fixed(_ width: Int) throws(ProtobufError) -> UInt64 {
    guard rest.count >= width else { throw ProtobufError(description: "unexpected end of input") }
    defer { rest = rest.dropFirst(width) }
    return rest.prefix(width).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
