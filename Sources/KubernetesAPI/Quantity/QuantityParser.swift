/// Why a text is no quantity, in upstream's words.
package enum QuantityError: Error, Sendable, Equatable, CustomStringConvertible {
  case format
  case suffix

  package var description: String {
    switch self {
    case .format:
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
    case .suffix: "unable to parse quantity's suffix"
    }
  }
}

/// Reads `[+-]digits[.digits][suffix]`.
struct QuantityParser {
  private var rest: Substring.UTF8View

  static func parse(_ text: String) throws(QuantityError) -> QuantityAmount {
    var parser = QuantityParser(rest: Substring(text).utf8)
    return try parser.amount()
  }

  private mutating func amount() throws(QuantityError) -> QuantityAmount {
    let isEmpty = rest.isEmpty
    let isNegative = take("-")
    if !isNegative { _ = take("+") }
    let whole = digits()
    let fraction = take(".") ? digits() : []
    // Upstream reads a suffix without digits as zero.
    guard !isEmpty, suffixIsWellFormed else { throw .format }
    let (scale, format) = try Self.interpret(String(Substring(rest)))
    let nanos = Self.nanos(whole, fraction, scale)
    let isBelowOne = nanos < QuantityAmount.nanosPerUnit && nanos > 0
    return QuantityAmount(
      nanos: isNegative ? -nanos : nanos, format: format == .binary && isBelowOne ? .decimal : format)
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest.removeFirst()
    return true
  }

  private mutating func digits() -> [Int] {
    let run = rest.prefix { Self.digit.contains($0) }
    rest = rest[run.endIndex...]
    return run.map { Int($0 - UInt8(ascii: "0")) }
  }

  private static let digit = UInt8(ascii: "0")...UInt8(ascii: "9")

  private var suffixIsWellFormed: Bool {
    let letters = Array("eEinumkKMGTP".utf8)
    var tail = rest.drop { letters.contains($0) }
    if let sign = tail.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { tail = tail.dropFirst() }
    return tail.allSatisfy { Self.digit.contains($0) }
  }

  /// What a suffix multiplies with: a power of ten or of two.
  private enum Scale {
    case ten(Int)
    case two(Int)
  }

  private static let decimal: [String: Int] = [
    "n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18,
  ]
  private static let binary: [String: Int] = ["Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60]

  private static func interpret(_ suffix: String) throws(QuantityError) -> (Scale, QuantityAmount.Format) {
    if let exponent = decimal[suffix] { return (.ten(exponent), .decimal) }
    if let exponent = binary[suffix] { return (.two(exponent), .binary) }
    guard let first = suffix.first, first == "e" || first == "E", let exponent = Int(suffix.dropFirst()) else {
      throw .suffix
    }
    return (.ten(exponent), .decimalExponent)
  }

  /// The magnitude in nano units: rounded up to a whole one, and to the bound of `QuantityAmount` where it is beyond.
  private static func nanos(_ whole: [Int], _ fraction: [Int], _ scale: Scale) -> Int128 {
    switch scale {
    case .ten(let exponent):
      return shifted(whole + fraction, by: min(max(exponent, -1000), 1000) - fraction.count + 9)
    case .two(let exponent):
      // The fraction in decimal places that 128 bits can hold beside 2^60; further digits only round up.
      let kept = Array(fraction.prefix(9))
      let base = shifted(whole + kept, by: 9 - kept.count)
      let product = base.multipliedReportingOverflow(by: Int128(1) << exponent)
      let roundsUp = fraction.dropFirst(9).contains { $0 != 0 }
      return product.overflow ? .max : product.partialValue + (roundsUp ? 1 : 0)
    }
  }

  /// The number that the digits spell, times ten to the `places`.
  private static func shifted(_ digits: [Int], by places: Int) -> Int128 {
    let significant = digits.drop { $0 == 0 }
    guard !significant.isEmpty else { return 0 }
    let kept = places < 0 ? significant.dropLast(min(-places, significant.count)) : significant
    let padding = max(places, 0)
    guard kept.count + padding <= 37 else { return QuantityAmount.limit }
    var number = kept.reduce(Int128(0)) { $0 * 10 + Int128($1) }
    for _ in 0..<padding { number *= 10 }
    let dropped = significant.suffix(significant.count - kept.count)
    return dropped.contains { $0 != 0 } ? number + 1 : number
  }
}
