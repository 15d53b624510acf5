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
    let prefix = Prefix(stream, time: time)
    var start = 0
    while start < input.count {
      let rest = input.count - start
      guard let newline = memchr(base + start, 10, rest) else {
        hold(UnsafeRawBufferPointer(start: base + start, count: rest), prefix, into: &output)
        return
      }
      // With the newline, which ends the line in the log too.
      let length = UnsafeRawPointer(newline) - (base + start) + 1
      finish(UnsafeRawBufferPointer(start: base + start, count: length), prefix, into: &output)
      start += length
    }
  }

  /// Appends what waits, as a part: the stream has ended inside a line.
  package mutating func end(time: Int64, into output: inout [UInt8]) {
    guard !carry.isEmpty else { return }
    carry.withUnsafeBytes { LogFramer.appendPart($0, Prefix(stream, time: time), into: &output) }
    carry = []
  }

  /// - Parameter line: ends with its newline.
  private mutating func finish(_ line: UnsafeRawBufferPointer, _ prefix: Prefix, into output: inout [UInt8]) {
    var line = line
    if !carry.isEmpty {
      line = flushFull(line, textCount: line.count - 1, prefix, into: &output)
      if !carry.isEmpty {
        output.append(contentsOf: prefix.whole)
        output.append(contentsOf: carry)
        output.append(contentsOf: line)
        carry.removeAll(keepingCapacity: true)
        return
      }
    }
    while line.count - 1 > LogFramer.maximumLineBytes { line = LogFramer.cutPart(line, prefix, into: &output) }
    output.append(contentsOf: prefix.whole)
    output.append(contentsOf: line)
  }

  private mutating func hold(_ text: UnsafeRawBufferPointer, _ prefix: Prefix, into output: inout [UInt8]) {
    var text = flushFull(text, textCount: text.count, prefix, into: &output)
    while text.count + carry.count > LogFramer.maximumLineBytes { text = LogFramer.cutPart(text, prefix, into: &output) }
    carry.append(contentsOf: text)
  }

  /// Writes the carry as a part when it and the text are more than a line may be; answers what is left of `bytes`.
  private mutating func flushFull(
    _ bytes: UnsafeRawBufferPointer, textCount: Int, _ prefix: Prefix, into output: inout [UInt8]
  ) -> UnsafeRawBufferPointer {
    guard !carry.isEmpty, carry.count + textCount > LogFramer.maximumLineBytes else { return bytes }
    let room = LogFramer.maximumLineBytes - carry.count
    carry.append(contentsOf: bytes.prefix(room))
    carry.withUnsafeBytes { LogFramer.appendPart($0, prefix, into: &output) }
    carry.removeAll(keepingCapacity: true)
    return UnsafeRawBufferPointer(rebasing: bytes.dropFirst(room))
  }

  /// Writes as much as a line may be, as a part; answers the rest.
  private static func cutPart(
    _ bytes: UnsafeRawBufferPointer, _ prefix: Prefix, into output: inout [UInt8]
  ) -> UnsafeRawBufferPointer {
    appendPart(UnsafeRawBufferPointer(rebasing: bytes.prefix(maximumLineBytes)), prefix, into: &output)
    return UnsafeRawBufferPointer(rebasing: bytes.dropFirst(maximumLineBytes))
  }

  private static func appendPart(_ text: UnsafeRawBufferPointer, _ prefix: Prefix, into output: inout [UInt8]) {
    output.append(contentsOf: prefix.part)
    output.append(contentsOf: text)
    output.append(10)
  }

  /// What stands before the text of a line, made once for all lines of one read:
  /// `2026-01-02T03:04:05.123456789Z stdout F `.
  private struct Prefix {
    let whole: [UInt8]
    let part: [UInt8]

    init(_ stream: Stream, time: Int64) {
      let text = "\(LogTime(nanoseconds: time).rfc3339) \(stream.rawValue) "
      whole = Array("\(text)F ".utf8)
      part = Array("\(text)P ".utf8)
    }
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
