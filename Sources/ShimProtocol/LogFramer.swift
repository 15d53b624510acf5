import Glibc

/// Cuts one output stream into the lines of the CRI log format:
/// `2026-01-02T03:04:05.123456789Z stdout F text`, with `P` for a part of a line that goes on.
package struct LogFramer: Sendable {
  package enum Stream: String, Sendable {
    case stdout, stderr
  }

  /// Longer lines are written in parts, as containerd's `max_container_log_line_size`.
  package static let maximumLineBytes = 16 << 10

  private let stream: Stream
  /// The beginning of a line whose end has not come.
  private var carry: [UInt8] = []

  package init(_ stream: Stream) {
    self.stream = stream
  }

  /// Appends the whole lines of `input` to `output`; what is left waits for more.
  ///
  /// - Parameter time: nanoseconds since 1970.
  package mutating func frame(_ input: UnsafeRawBufferPointer, time: Int64, into output: inout [UInt8]) {
    guard let base = input.baseAddress else { return }
    let prefix = LogFramer.prefix(stream, time: time)
    var start = 0
    while start < input.count {
      let rest = input.count - start
      guard let newline = memchr(base + start, 10, rest) else {
        hold(UnsafeRawBufferPointer(start: base + start, count: rest), prefix, into: &output)
        return
      }
      let length = UnsafeRawPointer(newline) - (base + start)
      finish(UnsafeRawBufferPointer(start: base + start, count: length), prefix, into: &output)
      start += length + 1
    }
  }

  /// Appends what waits, as a part: the stream has ended inside a line.
  package mutating func end(time: Int64, into output: inout [UInt8]) {
    guard !carry.isEmpty else { return }
    LogFramer.append(LogFramer.prefix(stream, time: time), partial: true, carry, into: &output)
    carry = []
  }

  private mutating func finish(_ text: UnsafeRawBufferPointer, _ prefix: [UInt8], into output: inout [UInt8]) {
    var text = text
    if !carry.isEmpty {
      text = flushFull(text, prefix, into: &output)
      if !carry.isEmpty {
        carry.append(contentsOf: text)
        LogFramer.append(prefix, partial: false, carry, into: &output)
        carry.removeAll(keepingCapacity: true)
        return
      }
    }
    while text.count > LogFramer.maximumLineBytes {
      LogFramer.append(prefix, partial: true, text.prefix(LogFramer.maximumLineBytes), into: &output)
      text = UnsafeRawBufferPointer(rebasing: text.dropFirst(LogFramer.maximumLineBytes))
    }
    LogFramer.append(prefix, partial: false, text, into: &output)
  }

  private mutating func hold(_ text: UnsafeRawBufferPointer, _ prefix: [UInt8], into output: inout [UInt8]) {
    var text = flushFull(text, prefix, into: &output)
    while text.count + carry.count > LogFramer.maximumLineBytes {
      LogFramer.append(prefix, partial: true, text.prefix(LogFramer.maximumLineBytes), into: &output)
      text = UnsafeRawBufferPointer(rebasing: text.dropFirst(LogFramer.maximumLineBytes))
    }
    carry.append(contentsOf: text)
  }

  /// Writes the carry as a part when it and `text` are more than a line may be; answers what is left of `text`.
  private mutating func flushFull(
    _ text: UnsafeRawBufferPointer, _ prefix: [UInt8], into output: inout [UInt8]
  ) -> UnsafeRawBufferPointer {
    guard !carry.isEmpty, carry.count + text.count > LogFramer.maximumLineBytes else { return text }
    let room = LogFramer.maximumLineBytes - carry.count
    carry.append(contentsOf: text.prefix(room))
    LogFramer.append(prefix, partial: true, carry, into: &output)
    carry.removeAll(keepingCapacity: true)
    return UnsafeRawBufferPointer(rebasing: text.dropFirst(room))
  }

  private static func append(
    _ prefix: [UInt8], partial: Bool, _ text: some Collection<UInt8>, into output: inout [UInt8]
  ) {
    output.append(contentsOf: prefix)
    output.append(partial ? UInt8(ascii: "P") : UInt8(ascii: "F"))
    output.append(UInt8(ascii: " "))
    output.append(contentsOf: text)
    output.append(10)
  }

  /// `2026-01-02T03:04:05.123456789Z stdout `
  static func prefix(_ stream: Stream, time: Int64) -> [UInt8] {
    Array("\(LogTime(nanoseconds: time).rfc3339) \(stream.rawValue) ".utf8)
  }
}

/// A time in UTC as logs and their file names show it.
package struct LogTime {
  private var parts = tm()
  private var nanoseconds: Int64

  /// - Parameter nanoseconds: since 1970.
  package init(nanoseconds: Int64) {
    var seconds = time_t(nanoseconds / 1_000_000_000)
    self.nanoseconds = nanoseconds % 1_000_000_000
    gmtime_r(&seconds, &parts)
  }

  /// `2026-01-02T03:04:05.123456789Z`
  package var rfc3339: String {
    "\(date("-"))T\(clock(":")).\(LogTime.digits(Int(nanoseconds), 9))Z"
  }

  /// `20260102-030405.123`
  package var fileSuffix: String {
    "\(date(""))-\(clock("")).\(LogTime.digits(Int(nanoseconds / 1_000_000), 3))"
  }

  private func date(_ mark: String) -> String {
    "\(LogTime.digits(Int(parts.tm_year) + 1900, 4))\(mark)\(two(parts.tm_mon + 1))\(mark)\(two(parts.tm_mday))"
  }

  private func clock(_ mark: String) -> String {
    "\(two(parts.tm_hour))\(mark)\(two(parts.tm_min))\(mark)\(two(parts.tm_sec))"
  }

  private func two(_ value: Int32) -> String { LogTime.digits(Int(value), 2) }

  private static func digits(_ value: Int, _ width: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
  }
}
