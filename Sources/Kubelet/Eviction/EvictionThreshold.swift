import KubernetesAPI

/// A bound of a signal: an amount, or a share of the capacity.
package enum ThresholdValue: Sendable, Hashable {
  /// Bytes, inodes or processes.
  case amount(Int)
  case percentage(Double)

  package func amount(of capacity: Int) -> Int {
    switch self {
    case .amount(let amount): amount
    case .percentage(let percentage): Int(Double(capacity) * percentage / 100)
    }
  }

  /// - Returns: nil for 0 % and 100 %, with which upstream switches a threshold off.
  init?(parsing text: Substring, signal: EvictionSignal) throws(EvictionConfigurationError) {
    guard text.hasSuffix("%") else {
      guard let amount = try? Quantity(String(text)).parsed() else {
        throw EvictionConfigurationError("quantities must match the regular expression, '\(text)' does not")
      }
      guard amount.nanos > 0 else {
        throw EvictionConfigurationError(
          "eviction threshold \(signal.rawValue) must be positive: \(text)")
      }
      self = .amount(Quantity(amount).value)
      return
    }
    guard let number = Double(text.dropLast()), number.isFinite else {
      throw EvictionConfigurationError("eviction threshold \(signal.rawValue): '\(text)' is no percentage")
    }
    guard (0...100).contains(number) else {
      throw EvictionConfigurationError(
        "eviction percentage threshold \(signal.rawValue) must be >= 0% and <= 100%: \(text)")
    }
    if number == 0 || number == 100 { return nil }
    self = .percentage(number)
  }
}

/// When a signal calls for action.
package struct EvictionThreshold: Sendable, Hashable {
  package var signal: EvictionSignal
  package var value: ThresholdValue
  /// How long the threshold must have been passed before pods go; 0: a hard one, pods go at once and without grace.
  package var gracePeriodSeconds = 0
  /// How much more than the threshold is to be freed once it was passed.
  package var minimumReclaim: ThresholdValue?

  package var isHard: Bool { gracePeriodSeconds == 0 }

  package init(_ signal: EvictionSignal, _ value: ThresholdValue) {
    self.signal = signal
    self.value = value
  }

  /// `memory.available<100Mi,nodefs.available<10%`
  package static func list(parsing text: String) throws(EvictionConfigurationError) -> [EvictionThreshold] {
    var thresholds: [EvictionThreshold] = []
    for entry in text.split(separator: ",") {
      let parts = entry.split(separator: "<", omittingEmptySubsequences: false)
      guard parts.count == 2 else {
        throw EvictionConfigurationError(
          "invalid eviction threshold syntax \(entry), expected <signal><operator><value>")
      }
      let signal = try Self.signal(parts[0])
      guard !thresholds.contains(where: { $0.signal == signal }) else {
        throw EvictionConfigurationError("found duplicate eviction threshold for signal \(signal.rawValue)")
      }
      guard let value = try ThresholdValue(parsing: parts[1], signal: signal) else { continue }
      thresholds.append(EvictionThreshold(signal, value))
    }
    return thresholds
  }

  /// `memory.available=1m30s`, for soft thresholds.
  package static func gracePeriods(parsing text: String) throws(EvictionConfigurationError) -> [EvictionSignal: Int] {
    var periods: [EvictionSignal: Int] = [:]
    for (signal, value) in try assignments(text) {
      guard let seconds = GoDuration.seconds(parsing: String(value)), seconds > 0 else {
        throw EvictionConfigurationError("invalid eviction grace period specified: \(value), must be a positive value")
      }
      periods[signal] = seconds
    }
    return periods
  }

  /// `memory.available=500Mi`
  package static func minimumReclaims(
    parsing text: String
  ) throws(EvictionConfigurationError) -> [EvictionSignal: ThresholdValue] {
    var reclaims: [EvictionSignal: ThresholdValue] = [:]
    for (signal, value) in try assignments(text) { reclaims[signal] = try ThresholdValue(parsing: value, signal: signal) }
    return reclaims
  }

  private static func assignments(
    _ text: String
  ) throws(EvictionConfigurationError) -> [(EvictionSignal, Substring)] {
    var result: [(EvictionSignal, Substring)] = []
    for entry in text.split(separator: ",") {
      let parts = entry.split(separator: "=", maxSplits: 1)
      guard parts.count == 2 else { throw EvictionConfigurationError("'\(entry)' is not of the form signal=value") }
      result.append((try signal(parts[0]), parts[1]))
    }
    return result
  }

  private static func signal(_ text: Substring) throws(EvictionConfigurationError) -> EvictionSignal {
    guard let signal = EvictionSignal(rawValue: String(text)) else {
      throw EvictionConfigurationError("unsupported eviction signal \(text)")
    }
    return signal
  }
}

/// What is wrong with a flag about eviction or reserved resources.
package struct EvictionConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
  package var description: String
  package init(_ description: String) { self.description = description }
}
