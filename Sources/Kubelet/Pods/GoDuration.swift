/// Durations as upstream's messages print them: `10s`, `1m20s`, `5m0s`, `1.25s`, `340ms`.
package enum GoDuration {
  package static func text(seconds: Int) -> String { text(milliseconds: seconds * 1000) }

  package static func text(milliseconds: Int) -> String {
    if milliseconds == 0 { return "0s" }
    if milliseconds < 1000 { return "\(milliseconds)ms" }
    let seconds = milliseconds / 1000
    var text = ""
    if seconds >= 3600 { text += "\(seconds / 3600)h" }
    if seconds >= 60 { text += "\(seconds / 60 % 60)m" }
    return text + "\(seconds % 60)" + fraction(milliseconds % 1000) + "s"
  }

  private static let unitMilliseconds: [(name: String, value: Double)] = [
    ("ms", 1), ("h", 3_600_000), ("m", 60_000), ("s", 1000),
  ]

  /// `1m30s` in whole seconds, rounded up; nil for what is no duration.
  package static func seconds(parsing text: String) -> Int? {
    if text == "0" { return 0 }
    guard !text.isEmpty else { return nil }
    var rest = Substring(text)
    var milliseconds = 0.0
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isNumber || $0 == "." }
      rest = rest.dropFirst(digits.count)
      guard let number = Double(digits), let unit = unitMilliseconds.first(where: { rest.hasPrefix($0.name) }) else {
        return nil
      }
      milliseconds += number * unit.value
      rest = rest.dropFirst(unit.name.count)
    }
    return Int((milliseconds / 1000).rounded(.up))
  }

  private static func fraction(_ milliseconds: Int) -> String {
    guard milliseconds > 0 else { return "" }
    var digits = String(milliseconds + 1000).dropFirst()
    while digits.last == "0" { digits.removeLast() }
    return "." + digits
  }
}
