import Testing

@testable import ShimProtocol

@Suite struct LogFramerTests {
  /// 2026-01-02T03:04:05.123456789Z
  static let time: Int64 = 1_767_323_045_123_456_789
  static let start = "2026-01-02T03:04:05.123456789Z"

  private func frame(_ chunks: [String], stream: LogFramer.Stream = .stdout, end: Bool = false) -> [String] {
    var framer = LogFramer(stream)
    var output: [UInt8] = []
    for chunk in chunks {
      Array(chunk.utf8).withUnsafeBytes { framer.frame($0, time: Self.time, into: &output) }
    }
    if end { framer.end(time: Self.time, into: &output) }
    return String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  @Test(arguments: [
    (["one\n"], false, ["stdout F one"]),
    (["one\ntwo\n"], false, ["stdout F one", "stdout F two"]),
    (["o", "n", "e\nt", "wo\n"], false, ["stdout F one", "stdout F two"]),
    (["\n\n"], false, ["stdout F ", "stdout F "]),
    (["half"], false, []),
    (["half"], true, ["stdout P half"]),
    (["whole\nhalf"], true, ["stdout F whole", "stdout P half"]),
    ([""], true, []),
  ])
  func linesAreCutAtTheirEnds(chunks: [String], end: Bool, expected: [String]) {
    #expect(frame(chunks, end: end) == expected.map { "\(Self.start) \($0)" })
  }

  @Test func theOtherStreamHasItsName() {
    #expect(frame(["x\n"], stream: .stderr) == ["\(Self.start) stderr F x"])
  }

  /// Whatever the pieces in which it comes, a long line is parts of the limit and a rest.
  @Test(arguments: [1, 1000, 16384, 16385, 40000, 50000]) func aLongLineIsWrittenInParts(size: Int) {
    let limit = LogFramer.maximumLineBytes
    let text = String(repeating: "x", count: 2 * limit + 100) + "\n"
    var chunks: [String] = []
    var rest = Substring(text)
    while !rest.isEmpty {
      chunks.append(String(rest.prefix(size)))
      rest = rest.dropFirst(size)
    }
    let lines = frame(chunks).map { $0.dropFirst(Self.start.count + 8) }
    #expect(lines.map { $0.prefix(1) } == ["P", "P", "F"])
    #expect(lines.map { $0.count - 2 } == [limit, limit, 100])
  }

  @Test func aLineOfExactlyTheLimitIsWhole() {
    let line = String(repeating: "y", count: LogFramer.maximumLineBytes)
    #expect(frame([line, "\n"]).map { $0.contains(" F ") } == [true])
    #expect(frame([line + "\n"]).map { $0.contains(" F ") } == [true])
  }

  @Test func rotatedFilesSortByTime() {
    #expect(LogTime(nanoseconds: Self.time).fileSuffix == "20260102-030405.123")
    #expect(LogTime(nanoseconds: 0).rfc3339 == "1970-01-01T00:00:00.000000000Z")
  }
}
