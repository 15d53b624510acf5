import ArgumentParser
import Foundation
import ImageStore
import LinuxSystem
import Synchronization

/// `--progress`.
enum ProgressMode: String, ExpressibleByArgument, CaseIterable {
  /// A terminal's way on a terminal, plain otherwise.
  case auto
  case terminal
  case plain
  case none
}

struct ProgressOption: ParsableArguments {
  @Option(help: "How to show progress on standard error: auto, terminal (lines that change), plain or none.")
  var progress = ProgressMode.auto

  func printer() -> ProgressPrinter { ProgressPrinter(progress) }
}

/// Shows progress on standard error, so that standard output holds results alone.
final class ProgressPrinter: Sendable {
  private struct State {
    var board = ProgressBoard()
    /// How many changing lines stand above the cursor.
    var drawnLines = 0
    var lastDrawn: ContinuousClock.Instant?
  }

  /// A terminal is drawn anew at most this often for bytes alone.
  private static let interval = Duration.milliseconds(100)
  private static let usualSize = (columns: UInt16(80), rows: UInt16(24))

  private let mode: ProgressMode
  private let state = Mutex(State())

  init(_ mode: ProgressMode) {
    let isTerminal = UserTerminal.isTerminal(STDERR_FILENO)
    self.mode = mode == .auto ? (isTerminal ? .terminal : .plain) : mode
  }

  var handler: ImageProgressHandler { { self.take($0) } }

  private func take(_ progress: ImageProgress) {
    switch mode {
    case .none, .auto: break
    case .plain:
      // Within the lock, so that lines come in the order of what they tell.
      state.withLock { state in
        if let line = state.board.takePlainly(progress) { Self.write("\(line)\n") }
      }
    case .terminal: state.withLock { draw(progress, &$0) }
    }
  }

  private func draw(_ progress: ImageProgress, _ state: inout State) {
    let line = state.board.take(progress)
    let now = ContinuousClock.now
    let isStep = line == nil && progress.completedBytes < progress.totalBytes
    if isStep, let last = state.lastDrawn, now - last < Self.interval { return }
    state.lastDrawn = now
    let size = UserTerminal.size(of: STDERR_FILENO) ?? Self.usualSize
    let columns = size.columns == 0 ? Self.usualSize.columns : size.columns
    let rows = size.rows == 0 ? Self.usualSize.rows : size.rows
    let lines = state.board.lines(columns: Int(columns), rows: Int(rows))
    // Up to the first changing line, and everything from there on away.
    let back = state.drawnLines > 0 ? "\u{1b}[\(state.drawnLines)A\r\u{1b}[J" : ""
    state.drawnLines = lines.count
    Self.write(back + ((line.map { [$0] } ?? []) + lines).map { "\($0)\n" }.joined())
  }

  private static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
