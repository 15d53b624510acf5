/// The query of a request, decoded, in the order it was written.
package struct QueryParameters: Sendable, Hashable {
  package private(set) var pairs: [Pair] = []

  package struct Pair: Sendable, Hashable {
    package var name: String
    package var value: String
  }

  package init() {}

  /// Reads `a=1&b=x%20y`; `+` is a space.
  package init(_ text: some StringProtocol) {
    for part in text.utf8.split(separator: UInt8(ascii: "&")) {
      let halves = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      let value = halves.count > 1 ? PercentEncoding.decode(halves[1], plusIsSpace: true) : ""
      pairs.append(Pair(name: PercentEncoding.decode(halves[0], plusIsSpace: true), value: value))
    }
  }

  package var isEmpty: Bool { pairs.isEmpty }

  /// The first value of `name`; nil when it is absent.
  package subscript(name: String) -> String? { pairs.first { $0.name == name }?.value }

  package func all(_ name: String) -> [String] { pairs.filter { $0.name == name }.map(\.value) }

  /// A flag as upstream reads it: absent, `0` and `false` are false, anything else is true.
  package func flag(_ name: String) -> Bool {
    guard let value = self[name] else { return false }
    return value != "0" && value.lowercased() != "false"
  }

  /// An integer; nil when absent or empty. Throws upstream's 400.
  package func integer(_ name: String) throws(QueryError) -> Int? {
    guard let value = self[name], !value.isEmpty else { return nil }
    guard let number = Int(value) else { throw QueryError(name: name, value: value) }
    return number
  }
}

/// A query parameter that cannot be read.
package struct QueryError: Error, Equatable, CustomStringConvertible {
  package var name: String
  package var value: String
  package var description: String { "strconv.ParseInt: parsing \"\(value)\": invalid syntax" }
}

/// RFC 3986 percent-encoding.
package enum PercentEncoding {
  /// Decodes `%XX`; a broken escape stays as it is, bytes that are no UTF-8 become U+FFFD.
  package static func decode(_ bytes: some Collection<UInt8>, plusIsSpace: Bool = false) -> String {
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count)
    var rest = bytes[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), let value = hexPair(rest.prefix(2)) {
        output.append(value)
        rest = rest.dropFirst(2)
      } else {
        output.append(byte == UInt8(ascii: "+") && plusIsSpace ? UInt8(ascii: " ") : byte)
      }
    }
    return String(decoding: output, as: UTF8.self)
  }

  private static func hexPair(_ digits: some Collection<UInt8>) -> UInt8? {
    guard digits.count == 2 else { return nil }
    var value: UInt8 = 0
    for digit in digits {
      guard let number = Character(Unicode.Scalar(digit)).hexDigitValue else { return nil }
      value = value << 4 | UInt8(number)
    }
    return value
  }
}
