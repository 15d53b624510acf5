import Glibc
import KubernetesAPI

/// Turns the bytes of a CRI log file (`<RFC 3339 time> stdout|stderr P|F <text>`) into what `kubectl logs` prints. It
/// keeps a torn line for the next call and says when the byte limit is reached.
package struct LogLineFilter: Sendable {
  private let since: Timestamp?
  private let showsTimestamps: Bool
  private var remainingBytes: Int?
  private var torn: [UInt8] = []
  /// The next line continues a partial one, so it gets no time of its own.
  private var isContinuation = false
  private var isContinuationSkipped = false

  package var isExhausted: Bool { remainingBytes == 0 }

  package init(_ options: PodLogOptions, now: Timestamp) {
    let sinceSeconds = options.sinceSeconds.map { now.adding(seconds: -$0) }
    since = options.sinceTime ?? sinceSeconds
    showsTimestamps = options.timestamps
    remainingBytes = options.limitBytes
  }

  package mutating func handle(_ bytes: some Collection<UInt8>) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count)
    var buffer = torn
    torn = []
    buffer.append(contentsOf: bytes)
    let handled = buffer.withUnsafeBytes { handleLines($0, &output) }
    torn = Array(buffer[handled...])
    return output
  }

  /// - Returns: how many bytes were whole lines.
  private mutating func handleLines(_ bytes: UnsafeRawBufferPointer, _ output: inout [UInt8]) -> Int {
    guard let base = bytes.baseAddress else { return 0 }
    var start = 0
    while !isExhausted, let newline = memchr(base + start, 10, bytes.count - start) {
      let length = UnsafeRawPointer(newline) - (base + start)
      handleLine(UnsafeRawBufferPointer(start: base + start, count: length), &output)
      start += length + 1
    }
    return start
  }

  /// Time, stream, tag and text, a space between each.
  private mutating func handleLine(_ line: UnsafeRawBufferPointer, _ output: inout [UInt8]) {
    guard let timeEnd = Self.space(in: line, from: 0), let streamEnd = Self.space(in: line, from: timeEnd + 1) else {
      return
    }
    let tagEnd = Self.space(in: line, from: streamEnd + 1) ?? line.count
    let isFirst = !isContinuation
    isContinuation = streamEnd + 1 < line.count && line[streamEnd + 1] == UInt8(ascii: "P")
    if isFirst { isContinuationSkipped = isTooOld(line[..<timeEnd]) }
    guard !isContinuationSkipped else { return }
    // The time with the space after it.
    if showsTimestamps, isFirst { append(line[...timeEnd], &output) }
    if tagEnd < line.count { append(line[(tagEnd + 1)...], &output) }
    if !isContinuation { append(CollectionOfOne(UInt8(ascii: "\n")), &output) }
  }

  private static func space(in line: UnsafeRawBufferPointer, from start: Int) -> Int? {
    guard start < line.count, let base = line.baseAddress, let found = memchr(base + start, 32, line.count - start) else {
      return nil
    }
    return UnsafeRawPointer(found) - base
  }

  private func isTooOld(_ time: Slice<UnsafeRawBufferPointer>) -> Bool {
    guard let since else { return false }
    guard let time = Timestamp(rfc3339: String(decoding: time, as: UTF8.self)) else { return true }
    return time < since
  }

  private mutating func append(_ text: some Collection<UInt8>, _ output: inout [UInt8]) {
    guard let remaining = remainingBytes else { return output.append(contentsOf: text) }
    output.append(contentsOf: text.prefix(remaining))
    remainingBytes = max(0, remaining - text.count)
  }
}
