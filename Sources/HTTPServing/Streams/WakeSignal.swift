/// Wakes the one task that waits for something to change; a call that comes early is kept.
struct WakeSignal: Sendable {
  private let stream: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation

  init() { (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

  func wake() { continuation.yield() }

  func wait() async throws {
    for await _ in stream { return }
    throw CancellationError()
  }
}
