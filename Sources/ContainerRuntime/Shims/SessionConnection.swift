import LinuxSystem
import ShimProtocol

/// A connection to a shim that belongs to one session: a request, its answer with descriptors, and for a command its end.
/// Letting go of it ends what the session began.
actor SessionConnection {
  private static let readBytes = 4096

  private let connection: AsyncDescriptor
  private var received: [UInt8] = []
  private var descriptors: [Descriptor] = []

  /// - Parameter socketPath: the shim's.
  init(_ socketPath: String, loop: EventLoopThread) throws {
    do throws(SystemCallError) {
      connection = try AsyncDescriptor(try UnixSocket.connect(socketPath), loop: loop)
    } catch {
      throw RuntimeError(.unavailable, "the shim does not answer: \(error)")
    }
  }

  /// Asks and waits for the answer.
  ///
  /// - Throws: `ShimFailure` from the shim; `RuntimeError` `.unavailable` when the connection ends first.
  func request(_ message: ShimMessage) async throws -> (ShimMessage, [Descriptor]) {
    try await send(message)
    return try await answer()
  }

  func send(_ message: ShimMessage) async throws {
    try await connection.write(ShimFrame(correlation: 1, message: message).encoded())
  }

  /// The next message, with the descriptors that came so far.
  func answer() async throws -> (ShimMessage, [Descriptor]) {
    while true {
      if let frame = try ShimFrame.take(from: &received) {
        if case .failed(let failure) = frame.message { throw failure }
        defer { descriptors = [] }
        return (frame.message, descriptors)
      }
      let more = try await connection.receive { file throws(SystemCallError) in
        try UnixSocket.receive(maximumBytes: Self.readBytes, from: file)
      }
      guard let more, !more.bytes.isEmpty else { throw RuntimeError(.unavailable, "the shim has ended") }
      received += more.bytes
      descriptors += more.descriptors
    }
  }

  nonisolated func close() { connection.close() }
}
