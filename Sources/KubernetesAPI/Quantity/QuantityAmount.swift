/// The exact value of a quantity and how it was written.
///
/// Upstream (k8s.io/apimachinery/pkg/api/resource) knows nothing finer than a nano unit. Values above 10^28 units
/// are taken for that many, so that all arithmetic is exact in 128 bits.
package struct QuantityAmount: Sendable, Hashable {
  /// The family of suffixes: what canonical text is written with.
  package enum Format: Sendable, Hashable {
    /// `12e6`
    case decimalExponent
    /// `12Mi`
    case binary
    /// `12M`
    case decimal
  }

  /// Billionths of a unit.
  package var nanos: Int128
  package var format: Format

  package init(nanos: Int128, format: Format) {
    self.nanos = min(max(nanos, -Self.limit), Self.limit)
    self.format = format
  }

  static let nanosPerUnit: Int128 = 1_000_000_000
  static let limit: Int128 = 10_000_000_000_000_000_000 * 1_000_000_000_000_000_000

  /// The value in multiples of `unit` nano units, rounded away from zero.
  package func rounded(toNanos unit: Int128) -> Int128 {
    let (quotient, remainder) = nanos.quotientAndRemainder(dividingBy: unit)
    return remainder == 0 ? quotient : quotient + remainder.signum()
  }
}

extension QuantityAmount {
  /// The one text of the value in its format: whole number, largest suffix that loses nothing.
  package var canonicalText: String {
    switch format {
    case .binary: binaryText ?? decimalText(Self.decimalSuffix)
    case .decimal: decimalText(Self.decimalSuffix)
    case .decimalExponent: decimalText { $0 == 0 ? "" : "e\($0)" }
    }
  }

  /// Nil where binary suffixes do not serve: below 1024 and for what is no whole number.
  private var binaryText: String? {
    guard nanos % Self.nanosPerUnit == 0 else { return nil }
    var number = nanos / Self.nanosPerUnit
    guard abs(number) >= 1024 else { return nil }
    var suffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][...]
    while number % 1024 == 0, suffixes.count > 1 {
      number /= 1024
      suffixes.removeFirst()
    }
    return "\(number)\(suffixes.first ?? "")"
  }

  private func decimalText(_ suffix: (Int) -> String) -> String {
    guard nanos != 0 else { return "0" }
    var number = nanos
    var exponent = -9
    while number % 1000 == 0, exponent < 18 {
      number /= 1000
      exponent += 3
    }
    return "\(number)\(suffix(exponent))"
  }

  private static func decimalSuffix(_ exponent: Int) -> String {
    ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"][exponent / 3 + 3]
  }
}
