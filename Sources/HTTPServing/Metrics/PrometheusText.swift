/// Metrics in Prometheus' text exposition format, version 0.0.4.
package struct PrometheusText: Sendable {
  package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  package enum Kind: String, Sendable { case counter, gauge, histogram }

  package private(set) var text = ""

  package init() {}

  package mutating func family(_ name: String, _ kind: Kind, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
  }

  package mutating func sample(_ name: String, labels: [(String, String)] = [], _ value: Double) {
    text += name
    if !labels.isEmpty {
      text += "{" + labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",") + "}"
    }
    text += " \(Self.number(value))\n"
  }

  package mutating func sample(_ name: String, labels: [(String, String)] = [], _ value: Int) {
    sample(name, labels: labels, Double(value))
  }

  package mutating func histogram(_ name: String, _ labels: [(String, String)], _ histogram: Histogram) {
    var cumulative = 0
    for (bound, count) in zip(histogram.bounds, histogram.counts) {
      cumulative += count
      sample("\(name)_bucket", labels: labels + [("le", Self.number(bound))], cumulative)
    }
    sample("\(name)_bucket", labels: labels + [("le", "+Inf")], histogram.count)
    sample("\(name)_sum", labels: labels, histogram.sum)
    sample("\(name)_count", labels: labels, histogram.count)
  }

  static func number(_ value: Double) -> String {
    if let whole = Int(exactly: value) { return String(whole) }
    return String(value)
  }

  private static func escaped(_ value: String) -> String {
    guard value.utf8.contains(where: { $0 == 0x5C || $0 == 0x22 || $0 == 0x0A }) else { return value }
    return value.flatMap { character -> [Character] in
      switch character {
      case "\\": ["\\", "\\"]
      case "\"": ["\\", "\""]
      case "\n": ["\\", "n"]
      default: [character]
      }
    }.map(String.init).joined()
  }
}

/// Counts observations by upper bounds.
package struct Histogram: Sendable {
  package let bounds: [Double]
  package private(set) var counts: [Int]
  package private(set) var count = 0
  package private(set) var sum = 0.0

  package init(bounds: [Double]) {
    self.bounds = bounds
    counts = Array(repeating: 0, count: bounds.count)
  }

  package mutating func observe(_ value: Double) {
    count += 1
    sum += value
    if let bucket = bounds.firstIndex(where: { value <= $0 }) { counts[bucket] += 1 }
  }
}

/// Something whose figures `/metrics` shows. Called at each scrape.
package protocol MetricsSource: Sendable {
  func writeMetrics(to text: inout PrometheusText)
}
