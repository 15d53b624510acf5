import Glibc
import Synchronization

/// The terminal in front of which whoever runs this program sits.
package final class UserTerminal: Sendable {
  private let file: Int32
  private let former: termios
  private let isRaw = Mutex(false)

  /// - Parameter file: a descriptor of the caller's, open as long as this object is used.
  /// - Throws: `SystemCallError` ENOTTY for what is no terminal.
  package init(_ file: Int32) throws(SystemCallError) {
    var settings = termios()
    try systemCall("tcgetattr") { tcgetattr(file, &settings) }
    self.file = file
    former = settings
  }

  package static func isTerminal(_ file: Int32) -> Bool { isatty(file) == 1 }

  /// Nil for what is no terminal.
  package static func size(of file: Int32) -> (columns: UInt16, rows: UInt16)? {
    var size = winsize()
    guard ioctl(file, UInt(TIOCGWINSZ), &size) == 0 else { return nil }
    return (size.ws_col, size.ws_row)
  }

  /// From here on every key goes to the reader as it is, control characters too, and nothing is echoed.
  package func makeRaw() throws(SystemCallError) {
    var settings = former
    cfmakeraw(&settings)
    try set(settings)
    isRaw.withLock { $0 = true }
  }

  /// As it was before. May be called at any time, from any thread.
  package func restore() throws(SystemCallError) {
    guard isRaw.withLock({ isRaw in
      defer { isRaw = false }
      return isRaw
    }) else { return }
    try set(former)
  }

  private func set(_ settings: termios) throws(SystemCallError) {
    var settings = settings
    // What is typed already is kept: it is for the command.
    try systemCall("tcsetattr") { tcsetattr(file, TCSADRAIN, &settings) }
  }
}
