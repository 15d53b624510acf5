/// Exponential back-off as a value: the delay of each attempt doubles up to a bound.
package struct Backoff: Sendable, Hashable {
  package var initial: Duration
  package var maximum: Duration
  package private(set) var attempts = 0

  package init(initial: Duration, maximum: Duration) {
    self.initial = initial
    self.maximum = maximum
  }

  /// Counts one failure and returns how long to wait after it.
  package mutating func next() -> Duration {
    let delay = Self.delay(attempt: attempts, initial: initial, maximum: maximum)
    attempts += 1
    return delay
  }

  package mutating func reset() { attempts = 0 }

  package static func delay(attempt: Int, initial: Duration, maximum: Duration) -> Duration {
    var delay = initial
    for _ in 0..<attempt where delay < maximum { delay *= 2 }
    return min(delay, maximum)
  }
}

extension Duration {
  /// Up to a fifth longer, so that many clients that failed together do not come back together.
  package func jittered() -> Duration { self * Double.random(in: 1...1.2) }
}
