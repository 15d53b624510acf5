/// A number or a text, as ports (`80`, `"http"`) and shares (`3`, `"25%"`) are written.
package enum IntOrString: JSONRepresentable, Hashable {
  case int(Int)
  case string(String)

  package init?(json: JSON) {
    if let value = json.intValue {
      self = .int(value)
    } else if case .string(let text) = json {
      self = .string(text)
    } else {
      return nil
    }
  }

  package var json: JSON {
    switch self {
    case .int(let value): .int(value)
    case .string(let text): .string(text)
    }
  }

  package static var zero: IntOrString { .int(0) }
  package static var schemaType: SchemaType { .intOrString }

  package var intValue: Int? { if case .int(let value) = self { value } else { nil } }
  package var stringValue: String? { if case .string(let text) = self { text } else { nil } }

  /// The number, or the per cent of `total` that a text such as `25%` stands for; nil for any other text.
  package func scaled(to total: Int, roundingUp: Bool) -> Int? {
    switch self {
    case .int(let value): return value
    case .string(let text):
      guard let percent = Self.percent(text) else { return nil }
      let (product, overflow) = percent.multipliedReportingOverflow(by: total)
      guard !overflow else { return nil }
      return roundingUp ? (product + 99) / 100 : product / 100
    }
  }

  /// The number in front of a per-cent sign.
  package static func percent(_ text: String) -> Int? {
    guard text.hasSuffix("%") else { return nil }
    let digits = text.dropLast()
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int(digits)
  }
}

extension IntOrString: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, CustomStringConvertible {
  package init(integerLiteral value: Int) { self = .int(value) }
  package init(stringLiteral value: String) { self = .string(value) }

  package var description: String {
    switch self {
    case .int(let value): String(value)
    case .string(let text): text
    }
  }
}
