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
    buffer.append(contentsOf: bytes)
    var rest = buffer[...]
    while !isExhausted, let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      handleLine(rest[..<end], &output)
      rest = rest[(end + 1)...]
    }
    torn = Array(rest)
    return output
  }

  private mutating func handleLine(_ line: ArraySlice<UInt8>, _ output: inout [UInt8]) {
    let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count >= 3 else { return }
    let isFirst = !isContinuation
    isContinuation = parts[2].first == UInt8(ascii: "P")
    if isFirst { isContinuationSkipped = isTooOld(parts[0]) }
    guard !isContinuationSkipped else { return }
    var text: [UInt8] = []
    if showsTimestamps, isFirst { text += parts[0] + [UInt8(ascii: " ")] }
    if parts.count == 4 { text += parts[3] }
    if !isContinuation { text.append(UInt8(ascii: "\n")) }
    append(text, &output)
  }

  private func isTooOld(_ time: ArraySlice<UInt8>) -> Bool {
    guard let since else { return false }
    guard let time = Timestamp(rfc3339: String(decoding: time, as: UTF8.self)) else { return true }
    return time < since
  }

  private mutating func append(_ text: [UInt8], _ output: inout [UInt8]) {
    guard let remaining = remainingBytes else {
      output += text
      return
    }
    output += text.prefix(remaining)
    remainingBytes = max(0, remaining - text.count)
  }
}
