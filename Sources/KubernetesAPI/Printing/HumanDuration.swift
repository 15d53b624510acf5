/// How long something took, as tables show it: two units while they say something, then one.
package enum HumanDuration {
  private static let minute = 60
  private static let hour = 3600
  private static let day = 86_400
  private static let year = 365 * day

  /// `5s`, `3m20s`, `45m`, `5h12m`, `3d2h`, `2y10d`. Clocks may differ by a second; more is `<invalid>`.
  package static func text(seconds: Int) -> String {
    switch seconds {
    case ..<(-1): "<invalid>"
    case ..<0: "0s"
    case ..<(2 * minute): "\(seconds)s"
    case ..<(10 * minute): both(seconds, (minute, "m"), (1, "s"))
    case ..<(3 * hour): "\(seconds / minute)m"
    case ..<(8 * hour): both(seconds, (hour, "h"), (minute, "m"))
    case ..<(2 * day): "\(seconds / hour)h"
    case ..<(8 * day): both(seconds, (day, "d"), (hour, "h"))
    case ..<(2 * year): "\(seconds / day)d"
    case ..<(8 * year): both(seconds, (year, "y"), (day, "d"))
    default: "\(seconds / year)y"
    }
  }

  private static func both(_ seconds: Int, _ large: (Int, String), _ small: (Int, String)) -> String {
    let rest = seconds % large.0 / small.0
    return "\(seconds / large.0)\(large.1)" + (rest == 0 ? "" : "\(rest)\(small.1)")
  }

  /// How long ago `timestamp` was; `<unknown>` when there is none.
  package static func since(_ timestamp: Timestamp?, now: Timestamp) -> String {
    guard let timestamp else { return "<unknown>" }
    return text(seconds: (now.nanosecondsSinceEpoch - timestamp.nanosecondsSinceEpoch) / 1_000_000_000)
  }
}
