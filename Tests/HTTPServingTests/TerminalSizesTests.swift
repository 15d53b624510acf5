import KubernetesAPI
import Testing

@testable import HTTPServing

@Suite(.timeLimit(.minutes(1))) struct TerminalSizesTests {
  private let small = TerminalSize(columns: 80, rows: 24)
  private let large = TerminalSize(columns: 200, rows: 60)

  @Test func theNewestIsRead() async throws {
    let sizes = TerminalSizes()
    sizes.add(small)
    sizes.add(large)
    sizes.finish()
    #expect(try await sizes.next() == large)
    #expect(try await sizes.next() == nil)
  }

  @Test func aReaderWaits() async throws {
    let sizes = TerminalSizes()
    async let read = sizes.next()
    sizes.add(small)
    #expect(try await read == small)
  }

  @Test func aCancelledReaderLosesNothing() async throws {
    let sizes = TerminalSizes()
    let reader = Task { try await sizes.next() }
    reader.cancel()
    await #expect(throws: CancellationError.self) { try await reader.value }
    sizes.add(small)
    #expect(try await sizes.next() == small)
  }

  /// Over SPDY sizes are text without bounds.
  @Test(arguments: [
    (["{\"Width\":80,\"Height\":24}"], [TerminalSize(columns: 80, rows: 24)], ""),
    (["{\"Width\":80,", "\"Height\":24}\n"], [nil, TerminalSize(columns: 80, rows: 24)], "\n"),
    (
      ["{\"Width\":80,\"Height\":24}{\"Width\":9,\"Height\":3}{\"Wi", "dth\":7,\"Height\":1}"],
      [TerminalSize(columns: 9, rows: 3), TerminalSize(columns: 7, rows: 1)], ""
    ),
  ]) func sizesAreCutOutOfText(pieces: [String], sizes: [TerminalSize?], rest: String) throws {
    var text: [UInt8] = []
    for (piece, size) in zip(pieces, sizes) {
      #expect(try SPDYRemoteCommand.take(Array(piece.utf8), into: &text) == size)
    }
    #expect(text == Array(rest.utf8))
  }

  @Test func textWithoutASizeHasABound() throws {
    var text: [UInt8] = []
    #expect(throws: SPDYError.self) {
      try SPDYRemoteCommand.take([UInt8](repeating: UInt8(ascii: "{"), count: 5000), into: &text)
    }
  }
}
