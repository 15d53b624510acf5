/// A point in time, as API objects write it: RFC 3339 in UTC, whole seconds (`metav1.Time`).
package struct Timestamp: JSONRepresentable, Hashable, Comparable {
  /// Nanoseconds since 1970-01-01T00:00:00Z.
  package var nanosecondsSinceEpoch: Int

  package init(nanosecondsSinceEpoch: Int) { self.nanosecondsSinceEpoch = nanosecondsSinceEpoch }
  package init(secondsSinceEpoch: Int) { self.init(nanosecondsSinceEpoch: secondsSinceEpoch * 1_000_000_000) }

  package var secondsSinceEpoch: Int { Self.floorDivide(nanosecondsSinceEpoch, 1_000_000_000) }

  package static func < (left: Self, right: Self) -> Bool { left.nanosecondsSinceEpoch < right.nanosecondsSinceEpoch }

  package func adding(seconds: Int) -> Timestamp {
    Timestamp(nanosecondsSinceEpoch: nanosecondsSinceEpoch + seconds * 1_000_000_000)
  }

  package init?(json: JSON) {
    guard case .string(let text) = json, let value = Timestamp(rfc3339: text) else { return nil }
    self = value
  }

  package var json: JSON { .string(rfc3339()) }
  package static var zero: Timestamp { Timestamp(nanosecondsSinceEpoch: 0) }
  package static var schemaType: SchemaType { .time }

  /// The text with `fractionDigits` (0, 6 or 9) digits after the second.
  package func rfc3339(fractionDigits: Int = 0) -> String {
    let seconds = secondsSinceEpoch
    let date = Self.civil(fromDay: Self.floorDivide(seconds, 86_400))
    let second = seconds - Self.floorDivide(seconds, 86_400) * 86_400
    var text = Self.padded(date.year, 4) + "-" + Self.padded(date.month, 2) + "-" + Self.padded(date.day, 2)
    text += "T" + Self.padded(second / 3600, 2) + ":" + Self.padded(second / 60 % 60, 2)
    text += ":" + Self.padded(second % 60, 2)
    if fractionDigits > 0 {
      text += "." + Self.padded(nanosecondsSinceEpoch - seconds * 1_000_000_000, 9).prefix(fractionDigits)
    }
    return text + "Z"
  }

  /// Reads any RFC 3339 text, with or without a fraction, in any zone.
  package init?(rfc3339 text: String) {
    var scanner = DigitScanner(text)
    guard let year = scanner.number(4), scanner.take("-"), let month = scanner.number(2), scanner.take("-"),
      let day = scanner.number(2), scanner.take("T") || scanner.take("t"), let hour = scanner.number(2),
      scanner.take(":"), let minute = scanner.number(2), scanner.take(":"), let second = scanner.number(2),
      (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
    else { return nil }
    let nanoseconds = scanner.take(".") ? scanner.fraction() : 0
    guard let nanoseconds, let zone = scanner.zoneOffsetSeconds(), scanner.isAtEnd else { return nil }
    let days = Self.day(year: year, month: month, day: day)
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - zone
    let (value, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    guard !overflow else { return nil }
    self.init(nanosecondsSinceEpoch: value + nanoseconds)
  }

  private static func floorDivide(_ value: Int, _ divisor: Int) -> Int {
    value >= 0 ? value / divisor : -((-value + divisor - 1) / divisor)
  }

  private static func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  /// Days since the epoch of a date of the proleptic Gregorian calendar, counting years from March.
  private static func day(year: Int, month: Int, day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = floorDivide(shifted, 400)
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func civil(fromDay day: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = day + 719_468
    let era = floorDivide(shifted, 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }
}

/// The same point in time with microseconds (`metav1.MicroTime`, in Leases and Events).
package struct MicroTimestamp: JSONRepresentable, Hashable, Comparable {
  package var timestamp: Timestamp

  package init(_ timestamp: Timestamp) { self.timestamp = timestamp }
  package static func < (left: Self, right: Self) -> Bool { left.timestamp < right.timestamp }

  package init?(json: JSON) {
    guard let value = Timestamp(json: json) else { return nil }
    timestamp = value
  }
  package var json: JSON { .string(timestamp.rfc3339(fractionDigits: 6)) }
  package static var zero: MicroTimestamp { MicroTimestamp(.zero) }
  package static var schemaType: SchemaType { .microTime }
}

/// Reads the fixed-width numbers of a timestamp.
private struct DigitScanner {
  private var rest: Substring.UTF8View

  init(_ text: String) { rest = Substring(text).utf8 }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest.removeFirst()
    return true
  }

  mutating func number(_ width: Int) -> Int? {
    guard rest.count >= width else { return nil }
    var value = 0
    for _ in 0..<width {
      guard let digit = digit() else { return nil }
      value = value * 10 + digit
    }
    return value
  }

  /// Nanoseconds of one to nine digits; further digits are dropped.
  mutating func fraction() -> Int? {
    var value = 0
    var scale = 100_000_000
    guard let first = digit() else { return nil }
    value = first * scale
    while let next = digit() {
      scale /= 10
      value += next * scale
    }
    return value
  }

  mutating func zoneOffsetSeconds() -> Int? {
    if take("Z") || take("z") { return 0 }
    let sign: Int
    if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
    guard let hours = number(2), take(":"), let minutes = number(2), hours < 24, minutes < 60 else { return nil }
    return sign * (hours * 3600 + minutes * 60)
  }

  private mutating func digit() -> Int? {
    guard let byte = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
    rest.removeFirst()
    return Int(byte - UInt8(ascii: "0"))
  }
}
