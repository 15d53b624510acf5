import KubernetesAPI

/// Metrics in Prometheus' text format, collected owner by owner and written family by family, as the format wants it.
package struct MetricFamilies: Sendable {
  package enum Kind: String, Sendable { case counter, gauge, histogram }

  package typealias Labels = [(name: String, value: String)]

  private struct Family: Sendable {
    var kind: Kind
    var help: String
    var lines: [String] = []
  }

  private var names: [String] = []
  private var families: [String: Family] = [:]

  package init() {}

  /// A family that shows even when nothing is in it.
  package mutating func declare(_ name: String, _ kind: Kind, _ help: String) {
    guard families[name] == nil else { return }
    names.append(name)
    families[name] = Family(kind: kind, help: help)
  }

  /// - Parameter time: when the value was read; nil: now.
  package mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
    add(name, kind, help, [], value)
  }

  package mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Int) {
    add(name, kind, help, [], Double(value))
  }

  package mutating func add(
    _ name: String, _ kind: Kind, _ help: String, _ labels: Labels, _ value: Double, time: Timestamp? = nil
  ) {
    declare(name, kind, help)
    families[name]?.lines.append(Self.line(name, labels, value, time))
  }

  package mutating func add(
    _ name: String, _ kind: Kind, _ help: String, _ labels: Labels, _ value: Int, time: Timestamp? = nil
  ) {
    add(name, kind, help, labels, Double(value), time: time)
  }

  package mutating func add(_ name: String, _ help: String, _ labels: Labels = [], histogram: DurationHistogram) {
    declare(name, .histogram, help)
    var cumulative = 0
    for (bound, count) in zip(histogram.bounds, histogram.counts) {
      cumulative += count
      families[name]?.lines.append(
        Self.line("\(name)_bucket", labels + [("le", Self.number(bound))], Double(cumulative), nil))
    }
    families[name]?.lines += [
      Self.line("\(name)_bucket", labels + [("le", "+Inf")], Double(histogram.count), nil),
      Self.line("\(name)_sum", labels, histogram.sum, nil),
      Self.line("\(name)_count", labels, Double(histogram.count), nil),
    ]
  }

  package var text: String {
    var text = ""
    for name in names {
      guard let family = families[name] else { continue }
      text += "# HELP \(name) \(family.help)\n# TYPE \(name) \(family.kind.rawValue)\n"
      for line in family.lines { text += line }
    }
    return text
  }

  private static func line(_ name: String, _ labels: Labels, _ value: Double, _ time: Timestamp?) -> String {
    let pairs = labels.map { "\($0.name)=\"\(escaped($0.value))\"" }.joined(separator: ",")
    let milliseconds = time.map { " \($0.nanosecondsSinceEpoch / 1_000_000)" } ?? ""
    return name + (pairs.isEmpty ? "" : "{\(pairs)}") + " \(number(value))\(milliseconds)\n"
  }

  private static func number(_ value: Double) -> String { Int(exactly: value).map(String.init) ?? String(value) }

  private static func escaped(_ value: String) -> String {
    guard value.utf8.contains(where: { $0 == 0x5C || $0 == 0x22 || $0 == 0x0A }) else { return value }
    return value.reduce(into: "") { text, character in
      switch character {
      case "\\": text += "\\\\"
      case "\"": text += "\\\""
      case "\n": text += "\\n"
      default: text.append(character)
      }
    }
  }
}

/// Counts durations in seconds by upper bounds.
package struct DurationHistogram: Sendable {
  package let bounds: [Double]
  package private(set) var counts: [Int]
  package private(set) var count = 0
  package private(set) var sum = 0.0

  package init(bounds: [Double]) {
    self.bounds = bounds
    counts = Array(repeating: 0, count: bounds.count)
  }

  package mutating func observe(seconds: Double) {
    count += 1
    sum += seconds
    if let bucket = bounds.firstIndex(where: { seconds <= $0 }) { counts[bucket] += 1 }
  }
}
