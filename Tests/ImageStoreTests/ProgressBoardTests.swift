import Testing

@testable import ImageStore

struct ProgressBoardTests {
  private static let first = "sha256:" + String(repeating: "a", count: 64)
  private static let second = "sha256:" + String(repeating: "b", count: 64)

  private func fetching(_ subject: String, _ done: Int, of total: Int) -> ImageProgress {
    ImageProgress(.fetching, subject, completedBytes: done, totalBytes: total)
  }

  @Test func aTerminalHasALineForEachLayerOnItsWay() {
    var board = ProgressBoard()
    #expect(board.take(ImageProgress(.resolving, "app:v1")) == "resolving app:v1")
    #expect(board.take(fetching(Self.first, 0, of: 10_000_000)) == nil)
    #expect(board.take(fetching(Self.second, 1_000_000, of: 2_000_000)) == nil)
    #expect(board.take(fetching(Self.first, 2_550_000, of: 10_000_000)) == nil)
    #expect(
      board.lines(columns: 80, rows: 24) == [
        "sha256:aaaaaaaaaaaa  [======                  ]  2.5 of 10.0 MB",
        "sha256:bbbbbbbbbbbb  [============            ]  1.0 of 2.0 MB",
      ])
    #expect(board.take(fetching(Self.second, 2_000_000, of: 2_000_000)) == nil)
    #expect(board.lines(columns: 80, rows: 24)[1] == "sha256:bbbbbbbbbbbb  [========================]  unpacking")
    let unpacked = ImageProgress(.unpacked, Self.second, completedBytes: 2_000_000, totalBytes: 2_000_000)
    #expect(board.take(unpacked) == "unpacked sha256:bbbbbbbbbbbb (2.0 MB)")
    #expect(board.lines(columns: 80, rows: 24).count == 1)
    #expect(board.take(ImageProgress(.present, Self.first)) == "present sha256:aaaaaaaaaaaa")
    #expect(board.lines(columns: 80, rows: 24).isEmpty)
  }

  @Test func noLineIsWiderOrMoreThanTheTerminal() {
    var board = ProgressBoard()
    for number in 0..<10 { _ = board.take(fetching("layer \(number)", 0, of: 1_000_000)) }
    let lines = board.lines(columns: 20, rows: 5)
    #expect(lines.count == 4 && lines.last == "and 7 more")
    #expect(lines.allSatisfy { $0.count < 20 })
    #expect(board.lines(columns: 0, rows: 0) == ["and 10 more"])
  }

  @Test func aLogHasALineForEachQuarter() {
    var board = ProgressBoard()
    let lines = (0...100).compactMap { board.takePlainly(fetching(Self.first, $0 * 100_000, of: 10_000_000)) }
    #expect(
      lines == ["0.0", "2.5", "5.0", "7.5", "10.0"].map { "fetching sha256:aaaaaaaaaaaa \($0) of 10.0 MB" })
    #expect(board.takePlainly(ImageProgress(.done, "app:v1")) == "done app:v1")
    // What the size of is not known is said once for each report.
    #expect(board.takePlainly(ImageProgress(.fetching, "libc6")) == "fetching libc6")
  }
}
