import LinuxSystem
import ShimProtocol

/// Which streams a session is to have.
package struct SessionStreams: Sendable, Equatable {
  package var input: Bool
  package var output: Bool
  package var error: Bool
  /// One terminal for all of them. Of a container that is attached to, its own.
  package var terminal: Bool
  /// Of a command's terminal, at its beginning; 0 when it is not known yet.
  package var columns: Int
  package var rows: Int

  package init(
    input: Bool = false, output: Bool = false, error: Bool = false, terminal: Bool = false, columns: Int = 0,
    rows: Int = 0
  ) {
    self.input = input
    self.output = output
    self.error = error
    self.terminal = terminal
    self.columns = columns
    self.rows = rows
  }

  var size: WindowSize { WindowSize(columns: UInt16(clamping: columns), rows: UInt16(clamping: rows)) }

  var set: StreamSet {
    var set: StreamSet = []
    if input { set.insert(.input) }
    if output { set.insert(.output) }
    if error { set.insert(.error) }
    if terminal { set.insert(.terminal) }
    return set
  }
}

/// A command that runs in a container, or a client of a container's streams. The bytes go between the caller and the
/// kernel's pipes: each side holds back the other, and nothing is buffered beyond what a pipe takes.
package final class ContainerSession: Sendable {
  package enum Output: Sendable { case standardOutput, standardError }

  private let connection: SessionConnection
  private let input: AsyncDescriptor?
  private let output: AsyncDescriptor?
  private let error: AsyncDescriptor?
  private let terminal: AsyncDescriptor?

  init(
    _ connection: SessionConnection, _ given: StreamSet, _ descriptors: [Descriptor], loop: EventLoopThread
  ) throws {
    guard descriptors.count == given.count else {
      throw RuntimeError(.unavailable, "\(descriptors.count) descriptors came for \(given.count) streams")
    }
    self.connection = connection
    var rest = descriptors[...]
    func next(_ stream: StreamSet) throws -> AsyncDescriptor? {
      guard given.contains(stream), let descriptor = rest.popFirst() else { return nil }
      return try AsyncDescriptor(descriptor, loop: loop)
    }
    let (input, output) = (try next(.input), try next(.output))
    error = try next(.error)
    let terminal = try next(.terminal)
    self.terminal = terminal
    // A command's terminal is all its streams.
    self.input = input ?? (output == nil ? terminal : nil)
    self.output = output ?? terminal
  }

  /// Whether anybody reads what `write` writes.
  package var hasInput: Bool { input != nil }

  /// The next bytes; nil when there will be no more. A command's streams end with it once `exitCode` has answered, also
  /// when something that it left behind still holds them.
  package func read(_ stream: Output) async throws -> [UInt8]? {
    try await (stream == .standardOutput ? output : error)?.read()
  }

  /// - Throws: `SystemCallError` when nobody reads any more.
  package func write(_ bytes: [UInt8]) async throws { try await input?.write(bytes) }

  /// Standard input has ended. A command sees the end; a container does when its input is for one session only.
  package func closeInput() async throws {
    guard let input, input !== terminal else { return }
    input.close()
    try await connection.send(.closeInput)
  }

  /// Does nothing without a terminal.
  package func resize(columns: Int, rows: Int) throws {
    _ = try terminal?.with { side throws(SystemCallError) in
      try Terminal.resize(side, columns: UInt16(clamping: columns), rows: UInt16(clamping: rows))
    }
  }

  /// Waits for the command's end; 128 plus the signal when a signal ended it.
  package func exitCode() async throws -> Int {
    guard case (.ended(let code), _) = try await connection.answer() else {
      throw RuntimeError(.exec, "the shim gave an answer to another question")
    }
    for stream in [output, error] { stream?.drain() }
    return Int(code)
  }

  /// Ends the session: kills a command that still runs, leaves a container alone.
  package func close() {
    for stream in [input, output, error, terminal] { stream?.close() }
    connection.close()
  }
}
