/// One challenge of a `WWW-Authenticate` header (RFC 9110, section 11.6.1).
struct AuthenticationChallenge: Equatable, Sendable {
  /// Lower case: `bearer`, `basic`.
  var scheme: String
  /// Names in lower case.
  var parameters: [String: String]

  /// A header may hold several challenges, parted by the same commas as their parameters.
  static func parse(_ header: String) -> [AuthenticationChallenge] {
    var result: [AuthenticationChallenge] = []
    for item in items(header) {
      let (word, rest) = cut(item)
      if !word.contains("="), !word.isEmpty {
        result.append(AuthenticationChallenge(scheme: word.lowercased(), parameters: [:]))
        add(rest, to: &result)
      } else {
        add(item, to: &result)
      }
    }
    return result
  }

  private static func add(_ pair: String, to challenges: inout [AuthenticationChallenge]) {
    guard let equals = pair.firstIndex(of: "="), !challenges.isEmpty else { return }
    let name = pair[..<equals].trimming(while: \.isWhitespace).lowercased()
    let value = pair[pair.index(after: equals)...].trimming(while: \.isWhitespace).trimming { $0 == "\"" }
    challenges[challenges.count - 1].parameters[name] = value
  }

  /// First word and what follows it.
  private static func cut(_ text: String) -> (String, String) {
    let word = text.prefix { !$0.isWhitespace }
    return (String(word), text.dropFirst(word.count).trimming(while: \.isWhitespace))
  }

  /// Split at commas outside quotes.
  private static func items(_ header: String) -> [String] {
    var result = [""]
    var isQuoted = false
    for character in header {
      if character == "\"" { isQuoted.toggle() }
      if character == ",", !isQuoted { result.append("") } else { result[result.count - 1].append(character) }
    }
    return result.map { $0.trimming(while: \.isWhitespace) }
  }
}
