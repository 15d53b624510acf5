/// What is wrong with a JSON text, and where.
package struct JSONParseError: Error, Equatable, CustomStringConvertible {
  /// Byte offset into the text.
  package var offset: Int
  package var description: String
}

/// A strict RFC 8259 parser over UTF-8 bytes.
///
/// Nesting is bounded (`maximumDepth`), so a hostile body cannot exhaust the stack. Of members written twice the last
/// one wins, as in Kubernetes' decoder, and their paths are reported for `fieldValidation`.
package struct JSONParser {
  package static let maximumDepth = 512

  private enum PathPart {
    case member(String)
    case element(Int)
  }

  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  private var depth = 0
  private var path: [PathPart] = []
  /// Paths of members that the text holds more than once (`spec.containers[0].name`).
  package private(set) var duplicatePaths: [String] = []

  private init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// Parses a whole text.
  package static func parse(_ bytes: some Sequence<UInt8>) throws(JSONParseError) -> JSON {
    try parseReportingDuplicates(bytes).value
  }

  package static func parse(_ text: String) throws(JSONParseError) -> JSON {
    try parse(Array(text.utf8))
  }

  /// Parses a whole text and also names the members that it holds more than once.
  package static func parseReportingDuplicates(
    _ bytes: some Sequence<UInt8>
  ) throws(JSONParseError) -> (value: JSON, duplicatePaths: [String]) {
    let result: Result<(JSON, [String]), JSONParseError>
    let run = { (buffer: UnsafeBufferPointer<UInt8>) -> Result<(JSON, [String]), JSONParseError> in
      var parser = JSONParser(buffer)
      do throws(JSONParseError) {
        return .success((try parser.document(), parser.duplicatePaths))
      } catch {
        return .failure(error)
      }
    }
    result = bytes.withContiguousStorageIfAvailable(run) ?? Array(bytes).withUnsafeBufferPointer(run)
    let (value, duplicates) = try result.get()
    return (value, duplicates)
  }

  private mutating func document() throws(JSONParseError) -> JSON {
    skipSpace()
    let value = try value()
    skipSpace()
    guard position == bytes.count else { throw error("unexpected content after the value") }
    return value
  }

  private mutating func value() throws(JSONParseError) -> JSON {
    guard position < bytes.count else { throw error("unexpected end of JSON input") }
    switch bytes[position] {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"):
      try literal("true")
      return .bool(true)
    case UInt8(ascii: "f"):
      try literal("false")
      return .bool(false)
    case UInt8(ascii: "n"):
      try literal("null")
      return .null
    default: return try number()
    }
  }

  private mutating func object() throws(JSONParseError) -> JSON {
    try descend()
    defer { depth -= 1 }
    var object = JSONObject()
    position += 1
    skipSpace()
    if take(UInt8(ascii: "}")) { return .object(object) }
    while true {
      skipSpace()
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
        throw error("expected a member name in double quotes")
      }
      let key = try string()
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw error("expected ':' after member name \"\(key)\"") }
      skipSpace()
      path.append(.member(key))
      let member = try value()
      if object.position(of: key) != nil {
        duplicatePaths.append(pathText)
        object[key] = member
      } else {
        object.append(key, member)
      }
      path.removeLast()
      skipSpace()
      if take(UInt8(ascii: "}")) { return .object(object) }
      guard take(UInt8(ascii: ",")) else { throw error("expected ',' or '}' in an object") }
    }
  }

  private mutating func array() throws(JSONParseError) -> JSON {
    try descend()
    defer { depth -= 1 }
    var elements: [JSON] = []
    position += 1
    skipSpace()
    if take(UInt8(ascii: "]")) { return .array(elements) }
    while true {
      skipSpace()
      path.append(.element(elements.count))
      elements.append(try value())
      path.removeLast()
      skipSpace()
      if take(UInt8(ascii: "]")) { return .array(elements) }
      guard take(UInt8(ascii: ",")) else { throw error("expected ',' or ']' in an array") }
    }
  }

  private mutating func string() throws(JSONParseError) -> String {
    position += 1
    let start = position
    var seen: UInt8 = 0
    while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
      if bytes[position] == UInt8(ascii: "\\") { return try escapedString(from: start) }
      guard bytes[position] >= 0x20 else { throw error("control character in a string") }
      seen |= bytes[position]
      position += 1
    }
    guard position < bytes.count else { throw error("unterminated string") }
    defer { position += 1 }
    let slice = UnsafeBufferPointer(rebasing: bytes[start..<position])
    // ASCII needs no validation, and nearly all strings are ASCII.
    return seen < 0x80 ? String(decoding: slice, as: UTF8.self) : try text(slice)
  }

  /// The slow path of a string, from its first backslash on.
  private mutating func escapedString(from start: Int) throws(JSONParseError) -> String {
    var buffer = Array(bytes[start..<position])
    while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
      guard bytes[position] >= 0x20 else { throw error("control character in a string") }
      if bytes[position] == UInt8(ascii: "\\") {
        try escape(into: &buffer)
      } else {
        buffer.append(bytes[position])
        position += 1
      }
    }
    guard position < bytes.count else { throw error("unterminated string") }
    position += 1
    return try text(buffer[...])
  }

  private mutating func escape(into buffer: inout [UInt8]) throws(JSONParseError) {
    guard position + 1 < bytes.count else { throw error("unterminated string") }
    let letter = bytes[position + 1]
    position += 2
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): buffer.append(letter)
    case UInt8(ascii: "b"): buffer.append(0x08)
    case UInt8(ascii: "f"): buffer.append(0x0C)
    case UInt8(ascii: "n"): buffer.append(0x0A)
    case UInt8(ascii: "r"): buffer.append(0x0D)
    case UInt8(ascii: "t"): buffer.append(0x09)
    case UInt8(ascii: "u"): buffer.append(contentsOf: String(Character(try unicodeEscape())).utf8)
    default: throw error("invalid escape in a string")
    }
  }

  /// The scalar of a `\u` escape whose `\u` has been read; a lone surrogate becomes U+FFFD, as in Go's decoder.
  private mutating func unicodeEscape() throws(JSONParseError) -> Unicode.Scalar {
    let replacement = Unicode.Scalar(0xFFFD as UInt32)!
    let first = try fourHexDigits()
    guard (0xD800..<0xDC00).contains(first) else { return Unicode.Scalar(first) ?? replacement }
    guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u")
    else { return replacement }
    let resume = position
    position += 2
    let second = try fourHexDigits()
    guard (0xDC00..<0xE000).contains(second) else {
      position = resume
      return replacement
    }
    return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? replacement
  }

  private mutating func fourHexDigits() throws(JSONParseError) -> UInt32 {
    guard position + 4 <= bytes.count else { throw error("unterminated unicode escape") }
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
        throw error("invalid unicode escape")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  private mutating func number() throws(JSONParseError) -> JSON {
    let start = position
    _ = take(UInt8(ascii: "-"))
    let whole = digits()
    guard whole > 0 else {
      position = start
      throw error("invalid character \(quoted(bytes[start])) looking for beginning of value")
    }
    if whole > 1, bytes[position - whole] == UInt8(ascii: "0") { throw error("number with a leading zero") }
    var isInteger = true
    if take(UInt8(ascii: ".")) {
      isInteger = false
      guard digits() > 0 else { throw error("number without digits after its point") }
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isInteger = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      guard digits() > 0 else { throw error("number without digits in its exponent") }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let value = Int(text) { return .int(value) }
    guard let value = Double(text), value.isFinite else { throw error("number out of range: \(text)") }
    return .double(value)
  }

  private mutating func digits() -> Int {
    let start = position
    while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) { position += 1 }
    return position - start
  }

  private mutating func literal(_ word: StaticString) throws(JSONParseError) {
    let matches = word.withUTF8Buffer { expected in
      position + expected.count <= bytes.count
        && expected.elementsEqual(bytes[position..<position + expected.count])
    }
    guard matches else { throw error("invalid literal, expected \(word)") }
    position += word.utf8CodeUnitCount
  }

  private mutating func descend() throws(JSONParseError) {
    depth += 1
    guard depth <= Self.maximumDepth else { throw error("nested deeper than \(Self.maximumDepth) levels") }
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private func text(_ slice: some Collection<UInt8>) throws(JSONParseError) -> String {
    guard let text = String(validating: slice, as: UTF8.self) else { throw error("string is not valid UTF-8") }
    return text
  }

  private func quoted(_ byte: UInt8) -> String { "'\(Character(Unicode.Scalar(byte)))'" }

  private var pathText: String {
    path.reduce(into: "") { text, part in
      switch part {
      case .member(let key): text += text.isEmpty ? key : ".\(key)"
      case .element(let index): text += "[\(index)]"
      }
    }
  }

  private func error(_ message: String) -> JSONParseError { JSONParseError(offset: position, description: message) }
}
