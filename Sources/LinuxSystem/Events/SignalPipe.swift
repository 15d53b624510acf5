import Glibc

/// Written to by the handler, which may do little else. One process has one.
nonisolated(unsafe) private var signalPipeWriter: Int32 = -1

/// The signals of this process as numbers in a pipe: a handler may do next to nothing, a reader everything.
package final class SignalPipe: Sendable {
  private let reader: Descriptor
  private let writer: Descriptor

  /// Takes the signals over, once in the life of a process.
  package init(_ signals: [Int32]) throws(SystemCallError) {
    (reader, writer) = try Descriptor.pipe(flags: O_CLOEXEC)
    // A full pipe must not hold up whatever the handler has interrupted; so many signals say the same again.
    try writer.setNonBlocking()
    signalPipeWriter = writer.raw
    for signal in signals { try Self.set(signal) { SignalPipe.note($0) } }
  }

  private static func note(_ signal: Int32) {
    let saved = errno
    var number = UInt8(truncatingIfNeeded: signal)
    _ = write(signalPipeWriter, &number, 1)
    errno = saved
  }

  private static func set(_ signal: Int32, _ handler: @escaping @convention(c) (Int32) -> Void) throws(SystemCallError) {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = handler
    action.sa_flags = SA_RESTART
    try systemCall("sigaction") { sigaction(signal, &action, nil) }
  }

  /// Blocks until the next signal.
  package func next() throws(SystemCallError) -> Int32 {
    var number: UInt8 = 0
    try systemCall("read") { read(reader.raw, &number, 1) }
    return Int32(number)
  }

  /// Ends the process as the signal would have: whoever started it sees that.
  package static func die(of signal: Int32) -> Never {
    Glibc.signal(signal, SIG_DFL)
    kill(getpid(), signal)
    // Ignored since before this process was started, so it does not end anybody.
    _exit(128 + signal)
  }
}
