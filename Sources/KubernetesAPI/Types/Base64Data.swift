/// Bytes that JSON carries as base64 text (`[]byte`): the values of a Secret.
package struct Base64Data: JSONRepresentable, Hashable {
  package var bytes: [UInt8]

  package init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

  package init?(json: JSON) {
    guard case .string(let text) = json, let bytes = Self.decode(text) else { return nil }
    self.bytes = bytes
  }

  package var json: JSON { .string(Self.encode(bytes)) }
  package static var zero: Base64Data { Base64Data([]) }
  package static var schemaType: SchemaType { .bytes }

  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let padding = UInt8(ascii: "=")

  /// Each character's six bits, or 255 for what is not in the alphabet.
  private static let values: [UInt8] = {
    var table = [UInt8](repeating: 255, count: 256)
    for (value, character) in alphabet.enumerated() { table[Int(character)] = UInt8(value) }
    return table
  }()

  /// Standard base64 with padding (RFC 4648, section 4).
  package static func encode(_ bytes: [UInt8]) -> String {
    var output: [UInt8] = []
    output.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var bits = 0
      for offset in 0..<3 { bits = bits << 8 | (offset < group.count ? Int(group[start + offset]) : 0) }
      for offset in 0..<4 {
        output.append(offset <= group.count ? alphabet[bits >> (18 - 6 * offset) & 63] : padding)
      }
    }
    return String(decoding: output, as: UTF8.self)
  }

  /// Nil when the text is not base64 with padding; line breaks are passed over, as Go's decoder does.
  package static func decode(_ text: String) -> [UInt8]? {
    let characters = text.utf8.filter { $0 != 0x0A && $0 != 0x0D }
    guard characters.count % 4 == 0 else { return nil }
    let padded = characters.reversed().prefix { $0 == padding }.count
    guard padded <= 2 else { return nil }
    var output: [UInt8] = []
    output.reserveCapacity(characters.count / 4 * 3)
    var bits = 0
    for (position, character) in characters.dropLast(padded).enumerated() {
      let value = values[Int(character)]
      guard value < 64 else { return nil }
      bits = (bits << 6 | Int(value)) & 0xFF_FFFF
      if position % 4 > 0 { output.append(UInt8(truncatingIfNeeded: bits >> (6 - 2 * (position % 4)))) }
    }
    return output
  }
}
