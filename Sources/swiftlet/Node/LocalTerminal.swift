import Foundation
import HTTPServing
import KubernetesAPI
import LinuxSystem

/// The user's terminal while a command in a container has it: raw, with its size told on, and as it was before on every way
/// out, also when a signal ends this process.
struct LocalTerminal {
  private static let ending = [SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM]

  private let terminal: UserTerminal

  /// Follows the terminal's size from here on.
  init(sizes: TerminalSizes) throws {
    let terminal = try UserTerminal(STDIN_FILENO)
    let signals = try SignalPipe(Self.ending + [SIGWINCH, SIGCONT])
    try terminal.makeRaw()
    self.terminal = terminal
    try NativeThread.start(name: "signals") { Self.attend(signals, terminal, sizes) }
  }

  static var size: TerminalSize? {
    UserTerminal.size(of: STDOUT_FILENO).map { TerminalSize(columns: Int($0.columns), rows: Int($0.rows)) }
  }

  func restore() {
    do { try terminal.restore() } catch { Output.complain("the terminal is not as it was ('reset' mends it): \(error)") }
  }

  /// The command dies with this process: its shim sees the connection close.
  private static func attend(_ signals: SignalPipe, _ terminal: UserTerminal, _ sizes: TerminalSizes) {
    do {
      while true {
        switch try signals.next() {
        case SIGWINCH: if let size { sizes.add(size) }
        // The shell had the terminal meanwhile.
        case SIGCONT: try terminal.makeRaw()
        case let signal:
          try terminal.restore()
          SignalPipe.die(of: signal)
        }
      }
    } catch {
      Output.complain("the terminal cannot be attended to any more: \(error)")
    }
  }
}
