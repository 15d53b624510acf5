import CLinux
import Glibc
import LinuxSystem
import ShimProtocol

/// What connects the shim and a process it clones.
final class ChildStreams {
  /// The child's ends, which the shim lets go of once the child has them: while it held them, it could not see the end
  /// of a stream.
  struct Child {
    /// What the child gets as standard input, output and error; with a terminal, until it has opened that.
    let input: Descriptor
    let output: Descriptor
    let error: Descriptor
    /// Where the controlling side of the terminal goes.
    let console: Descriptor?
    /// Closes at exec; carries the failure when there is one.
    let report: Descriptor
  }

  private(set) var child: Child?
  let report: Descriptor
  private let console: Descriptor?
  /// The other ends, none of which blocks.
  private var ends: [StreamSet.RawValue: Descriptor] = [:]

  /// Streams that are not wanted are `/dev/null`.
  ///
  /// - Parameter joined: standard error goes where standard output goes.
  init(_ wanted: StreamSet, joined: Bool = false) throws(SystemCallError) {
    let null = try Descriptor.open("/dev/null", O_RDWR)
    let hasTerminal = wanted.contains(.terminal)
    let pipes = hasTerminal ? [] : wanted
    let inputPipe = pipes.contains(.input) ? try Descriptor.pipe() : nil
    let outputPipe = pipes.contains(.output) ? try Descriptor.pipe() : nil
    let errorPipe = pipes.contains(.error) && !joined ? try Descriptor.pipe() : nil
    let consolePair = hasTerminal ? try UnixSocket.pair() : nil
    let reportPipe = try Descriptor.pipe()
    let output = outputPipe?.write ?? null
    child = Child(
      input: inputPipe?.read ?? null, output: output, error: joined ? output : errorPipe?.write ?? null,
      console: consolePair?.1, report: reportPipe.write)
    report = reportPipe.read
    console = consolePair?.0
    for (stream, end) in [(StreamSet.input, inputPipe?.write), (.output, outputPipe?.read), (.error, errorPipe?.read)] {
      try end?.setNonBlocking()
      ends[stream.rawValue] = end
    }
  }

  /// In the shim, after the clone.
  func releaseChild() { child = nil }

  /// In the shim, after the clone: both ends of the output. Who holds the child's too is not told of the stream's end.
  func takeOutput() -> (read: Descriptor, write: Descriptor)? {
    guard let write = child?.output, let read = take(.output) else { return nil }
    return (read, write)
  }

  /// The shim's end of a stream, which the caller owns from here on.
  func take(_ stream: StreamSet) -> Descriptor? {
    ends.removeValue(forKey: stream.rawValue)
  }

  /// The controlling side of the terminal, which a child sends before its program runs.
  func takeTerminal() throws(SystemCallError) -> Descriptor {
    guard let console else { throw SystemCallError(call: "recvmsg", errno: ENOTTY) }
    try console.setNonBlocking()
    guard let terminal = try UnixSocket.receive(maximumBytes: 1, from: console)?.descriptors.first else {
      throw SystemCallError(call: "recvmsg", errno: ENODATA)
    }
    try terminal.setNonBlocking()
    return terminal
  }
}
