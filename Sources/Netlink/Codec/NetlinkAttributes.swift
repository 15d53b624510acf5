/// The attributes in a piece of a message, in order. What does not fit the piece ends it: the kernel's data is well formed,
/// and a cut message must not be read beyond its end.
package struct NetlinkAttributes: Sequence, IteratorProtocol, Sendable {
  private var rest: ArraySlice<UInt8>

  package init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  package mutating func next() -> NetlinkAttribute? {
    guard let length: UInt16 = rest.number(at: 0), let type: UInt16 = rest.number(at: 2) else { return nil }
    guard length >= 4, Int(length) <= rest.count else { return nil }
    let start = rest.startIndex
    let attribute = NetlinkAttribute(number: type & 0x3fff, payload: rest[(start + 4)..<(start + Int(length))])
    rest = rest.dropFirst((Int(length) + 3) & ~3)
    return attribute
  }

  subscript(number: some AttributeNumber) -> NetlinkAttribute? {
    first { $0.number == number.attributeNumber }
  }
}

/// One attribute: its number without the flags, and its content without padding.
package struct NetlinkAttribute: Sendable {
  package let number: UInt16
  package let payload: ArraySlice<UInt8>

  /// A number in the processor's byte order; nil when the content is shorter.
  func native<Value: FixedWidthInteger & BitwiseCopyable>() -> Value? { payload.number(at: 0) }

  /// A number in network byte order.
  func bigEndian<Value: FixedWidthInteger & BitwiseCopyable>() -> Value? {
    payload.number(at: 0).map(Value.init(bigEndian:))
  }

  /// Text up to its closing zero.
  var string: String { String(decoding: payload.prefix { $0 != 0 }, as: UTF8.self) }
  var address: IPv4Address? { IPv4Address(networkBytes: payload) }
  var attributes: NetlinkAttributes { NetlinkAttributes(payload) }
}

extension ArraySlice<UInt8> {
  /// The value that lies `offset` bytes after the start; nil beyond the end.
  func number<Value: BitwiseCopyable>(at offset: Int) -> Value? {
    guard count >= offset + MemoryLayout<Value>.size else { return nil }
    return withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Value.self) }
  }
}
