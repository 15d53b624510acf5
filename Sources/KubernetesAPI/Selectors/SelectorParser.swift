/// What is wrong with the text of a selector.
struct SelectorError: Error, CustomStringConvertible {
  let description: String
}

/// The words and marks of a selector's text.
private enum Token: Equatable {
  case word(String)
  case mark(String)
  case end

  var text: String {
    switch self {
    case .word(let text), .mark(let text): text
    case .end: ""
    }
  }

  var isWord: Bool { if case .word = self { true } else { false } }
}

/// Reads `key`, `!key`, `key=value`, `key!=value`, `key in (a,b)`, `key notin (a,b)`, `key>1`, separated by commas, and
/// says what is wrong as upstream does (k8s.io/apimachinery/pkg/labels).
struct SelectorParser {
  private var rest: Substring.UnicodeScalarView
  private var ahead: Token?

  init(_ text: String) { rest = Substring(text).unicodeScalars }

  mutating func requirements() throws(SelectorError) -> [Selector.Requirement] {
    var found: [Selector.Requirement] = []
    var token = peek()
    if token == .end { return [] }
    guard Self.startsRequirement(token) else {
      throw SelectorError(description: "found '\(token.text)', expected: !, identifier, or 'end of string'")
    }
    while true {
      do throws(SelectorError) {
        found.append(try requirement())
      } catch {
        throw SelectorError(description: "unable to parse requirement: \(error)")
      }
      token = take()
      if token == .end { return found.sorted { $0.key < $1.key } }
      guard token == .mark(",") else { throw unexpected(token, "',' or 'end of string'") }
      guard Self.startsRequirement(peek()) else { throw unexpected(peek(), "identifier after ','") }
    }
  }

  private static func startsRequirement(_ token: Token) -> Bool { token.isWord || token == .mark("!") }

  private mutating func requirement() throws(SelectorError) -> Selector.Requirement {
    var token = take()
    let isNegated = token == .mark("!")
    if isNegated { token = take() }
    guard case .word(let key) = token else { throw unexpected(token, "identifier") }
    try check(key, at: "<nil>", NameRules.qualifiedName)
    if isNegated { return Selector.Requirement(key, .doesNotExist) }
    if peek() == .end || peek() == .mark(",") { return Selector.Requirement(key, .exists) }
    return try comparison(of: key)
  }

  private mutating func comparison(of key: String) throws(SelectorError) -> Selector.Requirement {
    let op = try comparisonOperator()
    let values = op == .in || op == .notIn ? try valueList() : [try exactValue()]
    for (position, value) in values.enumerated() {
      try check(value, at: "values[\(position)][\(key)]", NameRules.labelValue)
    }
    if op == .greaterThan || op == .lessThan, Int(values[0]) == nil {
      throw SelectorError(
        description: "values[0]: Invalid value: \"\(values[0])\": "
          + "for 'Gt', 'Lt' operators, the value must be an integer")
    }
    return Selector.Requirement(key, op, values)
  }

  private static let operators: [String: Selector.Operator] = [
    "=": .equals, "==": .doubleEquals, "!=": .notEquals, "in": .in, "notin": .notIn, ">": .greaterThan,
    "<": .lessThan,
  ]

  private mutating func comparisonOperator() throws(SelectorError) -> Selector.Operator {
    let token = take()
    guard let op = Self.operators[token.text] else { throw unexpected(token, "in, notin, =, ==, !=, gt, lt") }
    return op
  }

  /// The values in parentheses, each once and in order; an empty place is the empty value.
  private mutating func valueList() throws(SelectorError) -> [String] {
    let open = take()
    guard open == .mark("(") else { throw SelectorError(description: "found '\(open.text)' expected: '('") }
    var values: Set<String> = []
    var current: String?
    while true {
      let token = take()
      switch token {
      case .word(let text):
        guard current == nil else { throw unexpected(token, "',' or ')'") }
        current = text
      case .mark(","):
        values.insert(current ?? "")
        current = nil
      case .mark(")"):
        values.insert(current ?? "")
        return values.sorted()
      default:
        guard current == nil else { throw unexpected(token, "',' or ')'") }
        throw unexpected(token, values.isEmpty ? "',', ')' or identifier" : "',', or identifier")
      }
    }
  }

  private mutating func exactValue() throws(SelectorError) -> String {
    if peek() == .end || peek() == .mark(",") { return "" }
    let token = take()
    guard case .word(let text) = token else { throw unexpected(token, "identifier") }
    return text
  }

  private func check(_ text: String, at path: String, _ rule: NameRules.Rule) throws(SelectorError) {
    let reasons = rule(text)
    guard !reasons.isEmpty else { return }
    let list = reasons.joined(separator: "; ")
    throw SelectorError(description: "\(path): Invalid value: \(JSON.string(text).text): \(list)")
  }

  private func unexpected(_ token: Token, _ expected: String) -> SelectorError {
    SelectorError(description: "found '\(token.text)', expected: \(expected)")
  }
}

// MARK: - Tokens

extension SelectorParser {
  private mutating func peek() -> Token {
    if let ahead { return ahead }
    let token = scan()
    ahead = token
    return token
  }

  private mutating func take() -> Token {
    let token = peek()
    ahead = nil
    return token
  }

  private static let marks = Set("!=<>(),".unicodeScalars)
  private static let spaces = Set(" \t\r\n".unicodeScalars)

  private mutating func scan() -> Token {
    rest = rest.drop { Self.spaces.contains($0) }[...]
    guard let first = rest.first else { return .end }
    guard Self.marks.contains(first) else {
      let word = rest.prefix { !Self.marks.contains($0) && !Self.spaces.contains($0) }
      rest = rest[word.endIndex...]
      return .word(String(Substring(word)))
    }
    rest.removeFirst()
    let isDouble = (first == "=" || first == "!") && rest.first == "="
    if isDouble { rest.removeFirst() }
    return .mark(String(first) + (isDouble ? "=" : ""))
  }
}
