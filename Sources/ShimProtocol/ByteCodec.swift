/// Appends values in the protocol's form: integers little-endian, strings and arrays with a 32-bit count before them.
package struct ByteWriter: Sendable {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  package mutating func integer<Value: FixedWidthInteger>(_ value: Value) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  package mutating func flag(_ value: Bool) { bytes.append(value ? 1 : 0) }

  package mutating func string(_ value: String) {
    integer(UInt32(value.utf8.count))
    bytes.append(contentsOf: value.utf8)
  }

  package mutating func blob(_ value: [UInt8]) {
    integer(UInt32(value.count))
    bytes.append(contentsOf: value)
  }

  package mutating func list<Element>(_ values: [Element], _ write: (inout ByteWriter, Element) -> Void) {
    integer(UInt32(values.count))
    for value in values { write(&self, value) }
  }

  package mutating func strings(_ values: [String]) {
    list(values) { $0.string($1) }
  }

  package mutating func pairs(_ values: [NamedValue]) {
    list(values) { (writer: inout ByteWriter, pair: NamedValue) in
      writer.string(pair.name)
      writer.string(pair.value)
    }
  }
}

/// What was received is not what the protocol says.
package struct ShimProtocolError: Error, Sendable, Equatable, CustomStringConvertible {
  package var description: String

  package init(_ description: String) {
    self.description = description
  }
}

/// Takes values in the order in which `ByteWriter` put them. Counts are checked against what is there before anything
/// is allocated.
package struct ByteReader {
  private var rest: ArraySlice<UInt8>

  package init(_ bytes: ArraySlice<UInt8>) {
    rest = bytes
  }

  package var isAtEnd: Bool { rest.isEmpty }

  package mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) throws(ShimProtocolError) -> Value {
    let size = MemoryLayout<Value>.size
    guard rest.count >= size else { throw ShimProtocolError("message ends inside an integer") }
    var value = Value.zero
    withUnsafeMutableBytes(of: &value) { $0.copyBytes(from: rest.prefix(size)) }
    rest.removeFirst(size)
    return Value(littleEndian: value)
  }

  package mutating func flag() throws(ShimProtocolError) -> Bool { try integer(UInt8.self) != 0 }

  package mutating func blob() throws(ShimProtocolError) -> [UInt8] {
    let count = Int(try integer(UInt32.self))
    guard rest.count >= count else { throw ShimProtocolError("message ends inside \(count) bytes") }
    defer { rest.removeFirst(count) }
    return Array(rest.prefix(count))
  }

  package mutating func string() throws(ShimProtocolError) -> String {
    String(decoding: try blob(), as: UTF8.self)
  }

  package mutating func list<Element>(
    _ read: (inout ByteReader) throws(ShimProtocolError) -> Element
  ) throws(ShimProtocolError) -> [Element] {
    let count = Int(try integer(UInt32.self))
    // Every element takes at least one byte.
    guard count <= rest.count else { throw ShimProtocolError("message ends inside a list of \(count)") }
    var values: [Element] = []
    values.reserveCapacity(count)
    for _ in 0..<count { values.append(try read(&self)) }
    return values
  }

  package mutating func strings() throws(ShimProtocolError) -> [String] {
    try list { (reader) throws(ShimProtocolError) in try reader.string() }
  }

  package mutating func pairs() throws(ShimProtocolError) -> [NamedValue] {
    try list { (reader) throws(ShimProtocolError) in
      NamedValue(name: try reader.string(), value: try reader.string())
    }
  }
}

package struct NamedValue: Sendable, Equatable {
  package var name: String
  package var value: String

  package init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}
