/// Collects what is wrong with an object, in upstream's words (apimachinery, util/validation/field).
///
/// Each area of the API adds its checks in an extension of its own. A check never stops at its first finding.
struct Validator {
  private(set) var causes: [Status.Cause] = []

  private mutating func add(_ reason: String, _ message: String, _ path: FieldPath) {
    causes.append(Status.Cause(reason: reason, message: message, field: path.text))
  }

  mutating func required(_ path: FieldPath, _ why: String = "") {
    add("FieldValueRequired", why.isEmpty ? "Required value" : "Required value: \(why)", path)
  }

  mutating func forbidden(_ path: FieldPath, _ why: String) { add("FieldValueForbidden", "Forbidden: \(why)", path) }

  mutating func invalid(_ path: FieldPath, _ value: some InvalidValue, _ why: String) {
    add("FieldValueInvalid", "Invalid value: \(value.goText)" + (why.isEmpty ? "" : ": \(why)"), path)
  }

  /// One finding for each text.
  mutating func invalid(_ path: FieldPath, _ value: some InvalidValue, _ reasons: [String]) {
    for why in reasons { invalid(path, value, why) }
  }

  mutating func notSupported(_ path: FieldPath, _ value: String, _ supported: [String]) {
    let list = supported.map(\.goQuoted).joined(separator: ", ")
    add("FieldValueNotSupported", "Unsupported value: \(value.goQuoted): supported values: \(list)", path)
  }

  mutating func duplicate(_ path: FieldPath, _ value: some InvalidValue, _ why: String = "") {
    add("FieldValueDuplicate", "Duplicate value: \(value.goText)" + (why.isEmpty ? "" : ": \(why)"), path)
  }

  mutating func notFound(_ path: FieldPath, _ value: some InvalidValue) {
    add("FieldValueNotFound", "Not found: \(value.goText)", path)
  }

  mutating func tooLong(_ path: FieldPath, maximumBytes: Int) {
    add("FieldValueTooLong", "Too long: may not be more than \(maximumBytes) bytes", path)
  }

  mutating func tooMany(_ path: FieldPath, _ count: Int, maximum: Int) {
    add("FieldValueTooMany", "Too many: \(count): must have at most \(maximum) items", path)
  }

  // Checks that many fields share.

  static let isImmutable = "field is immutable"

  /// A value that may not change.
  mutating func immutable(_ path: FieldPath, _ new: JSON?, _ old: JSON?) {
    let (new, old) = (new ?? .null, old ?? .null)
    if new != old { invalid(path, new, Self.isImmutable) }
  }

  mutating func nonNegative(_ path: FieldPath, _ value: Int?) {
    if let value, value < 0 { invalid(path, value, "must be greater than or equal to 0") }
  }

  mutating func port(_ path: FieldPath, _ number: Int) {
    if !(1...65_535).contains(number) { invalid(path, number, NameRules.portRange) }
  }

  /// In which order a message lists the words of a closed set.
  enum WordOrder {
    case sorted
    case declared
  }

  /// A word out of a closed set; `json` is read untyped, so that unknown words show. Nothing is said of absent ones.
  mutating func word<Word: APIEnum>(_ path: FieldPath, _ json: JSON?, _: Word.Type, order: WordOrder = .sorted) {
    guard let text = json?.stringValue, !text.isEmpty, Word(rawValue: text) == nil else { return }
    let words = Word.allCases.map(\.rawValue).filter { !$0.isEmpty }
    notSupported(path, text, order == .sorted ? words.sorted() : words)
  }

  /// A word out of a closed set that must be there.
  mutating func requiredWord<Word: APIEnum>(
    _ path: FieldPath, _ json: JSON?, _ type: Word.Type, order: WordOrder = .sorted
  ) {
    guard let text = json?.stringValue, !text.isEmpty else { return required(path) }
    word(path, json, type, order: order)
  }
}

/// A value as Go's formatter prints it in messages.
protocol InvalidValue {
  var goText: String { get }
}

extension Int: InvalidValue {
  var goText: String { String(self) }
}

extension Bool: InvalidValue {
  var goText: String { String(self) }
}

extension String: InvalidValue {
  var goText: String { goQuoted }

  /// Go's `%q`.
  var goQuoted: String {
    var text = "\""
    for scalar in unicodeScalars {
      switch scalar {
      case "\"", "\\": text += "\\\(scalar)"
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      case "\r": text += "\\r"
      case "\0"..<" ", "\u{7F}":
        let digits = String(scalar.value, radix: 16)
        text += "\\x" + (digits.count < 2 ? "0" : "") + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "\""
  }
}

extension [String]: InvalidValue {
  var goText: String { "[]string{" + map(\.goQuoted).joined(separator: ", ") + "}" }
}

extension [String: String]: InvalidValue {
  var goText: String {
    let members = sorted { $0.key < $1.key }.map { "\($0.key.goQuoted):\($0.value.goQuoted)" }
    return "map[string]string{" + members.joined(separator: ", ") + "}"
  }
}

extension IntOrString: InvalidValue {
  var goText: String {
    switch self {
    case .int(let value): String(value)
    case .string(let text): text.goQuoted
    }
  }
}

extension Quantity: InvalidValue {
  var goText: String { json.goText }
}

/// Objects are printed as their JSON text.
extension JSON: InvalidValue {
  var goText: String {
    switch self {
    case .string(let text): text.goQuoted
    default: text
    }
  }
}
