import Synchronization

/// Bytes on their way from one task to another, with a bound: whoever fills it waits for whoever empties it.
package final class BytePipe: Sendable {
  fileprivate struct State {
    var chunks: [[UInt8]] = []
    var size = 0
    var end: End?
    /// Nobody reads any more; what is written is dropped.
    var isDrained = false
    var reader: CheckedContinuation<Void, Never>?
    var writer: CheckedContinuation<Void, Never>?
  }

  fileprivate enum End {
    case finished
    case failed(any Error)
  }

  private let capacity: Int
  private let state = Mutex(State())

  /// Holds `capacity` bytes, and one chunk more.
  package init(capacity: Int = 256 * 1024) { self.capacity = capacity }

  /// Returns when there is room for more. What comes after the end, or after `drain`, is dropped.
  package func write(_ bytes: [UInt8]) async throws {
    wake(
      state.withLock { state in
        guard !bytes.isEmpty, state.end == nil, !state.isDrained else { return nil }
        state.chunks.append(bytes)
        state.size += bytes.count
        return state.takeReader()
      })
    try await wait(\.writer) { $0.size <= self.capacity || $0.isDrained || $0.end != nil }
  }

  /// Nothing more will be written; what is there can still be read.
  package func finish(throwing error: (any Error)? = nil) {
    let waiting = state.withLock { state in
      if state.end == nil { state.end = error.map { .failed($0) } ?? .finished }
      return [state.takeReader(), state.takeWriter()]
    }
    for continuation in waiting { wake(continuation) }
  }

  /// Nothing more will be read: what waits and what comes is dropped, and no writer waits for room.
  package func drain() {
    wake(
      state.withLock { state in
        state.isDrained = true
        state.chunks = []
        state.size = 0
        return state.takeWriter()
      })
  }

  /// The next bytes; nil at the end. Throws what the writer finished with.
  package func read() async throws -> [UInt8]? {
    try await wait(\.reader) { !$0.chunks.isEmpty || $0.end != nil }
    let (chunk, writer, end) = state.withLock { state -> ([UInt8]?, CheckedContinuation<Void, Never>?, End?) in
      guard !state.chunks.isEmpty else { return (nil, nil, state.end) }
      let chunk = state.chunks.removeFirst()
      state.size -= chunk.count
      return (chunk, state.size <= capacity ? state.takeWriter() : nil, nil)
    }
    wake(writer)
    if case .failed(let error) = end { throw error }
    return chunk
  }

  /// Suspends until `isReady` holds. Each side has one task, so one continuation each is enough.
  private func wait(
    _ side: WritableKeyPath<State, CheckedContinuation<Void, Never>?> & Sendable, _ isReady: @Sendable (State) -> Bool
  ) async throws {
    while !state.withLock({ isReady($0) }) {
      try Task.checkCancellation()
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          let isOver = state.withLock { state in
            guard !isReady(state), !Task.isCancelled else { return true }
            state[keyPath: side] = continuation
            return false
          }
          if isOver { continuation.resume() }
        }
      } onCancel: {
        wake(
          state.withLock { state in
            defer { state[keyPath: side] = nil }
            return state[keyPath: side]
          })
      }
    }
  }

  private func wake(_ continuation: CheckedContinuation<Void, Never>?) { continuation?.resume() }
}

extension BytePipe.State {
  fileprivate mutating func takeReader() -> CheckedContinuation<Void, Never>? {
    defer { reader = nil }
    return reader
  }

  fileprivate mutating func takeWriter() -> CheckedContinuation<Void, Never>? {
    defer { writer = nil }
    return writer
  }
}
