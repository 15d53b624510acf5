import Glibc
import Synchronization

/// A non-blocking descriptor whose calls are awaited: one reader and one writer at a time.
package final class AsyncDescriptor: Sendable {
  private struct State {
    var file: Descriptor?
    var reader: CheckedContinuation<Void, any Error>?
    var writer: CheckedContinuation<Void, any Error>?
    var isDraining = false

    /// What the waiting ones wait for, for one event.
    var interest: Epoll.Interest {
      var interest: Epoll.Interest = .oneShot
      if reader != nil { interest.insert(.readable) }
      if writer != nil { interest.insert(.writable) }
      return interest
    }
  }

  private enum Direction { case reading, writing }

  private static let chunkBytes = 64 << 10

  private let loop: EventLoopThread
  private let state: Mutex<State>
  /// Set once, before anybody else has the object.
  private let token = Mutex<UInt64?>(nil)

  /// - Parameter file: must not block (`O_NONBLOCK`).
  package init(_ file: Descriptor, loop: EventLoopThread) throws(SystemCallError) {
    self.loop = loop
    state = Mutex(State(file: file))
    let added = try loop.add(file, .oneShot) { [weak self] in self?.fire($0) }
    token.withLock { $0 = added }
  }

  deinit { forget() }

  /// The next bytes; nil at the end, after `close`, and when there is nothing now after `drain`.
  package func read() async throws -> [UInt8]? {
    try await attempt(.reading) { file throws(SystemCallError) in
      do throws(SystemCallError) {
        return try file.readChunk(maximumBytes: Self.chunkBytes)
      } catch {
        // The last program has closed the terminal.
        if error.errno == EIO { return [] }
        throw error
      }
    }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Writes everything.
  ///
  /// - Throws: `SystemCallError` EPIPE when nobody reads any more, EBADF after `close`.
  package func write(_ bytes: [UInt8]) async throws {
    var done = 0
    while done < bytes.count {
      let written = try await attempt(.writing) { file throws(SystemCallError) in
        try file.write(bytes, from: done)
      }
      guard let written else { throw SystemCallError(call: "write", errno: EBADF) }
      done += written
    }
  }

  /// Runs a call that reads until it gives something else than nil; nil as `read`.
  package func receive<Value>(
    _ call: (Descriptor) throws(SystemCallError) -> Value?
  ) async throws -> Value? {
    try await attempt(.reading, call)
  }

  /// Waits until the descriptor can be written to, as a socket can when it is connected or has failed to be.
  package func waitUntilWritable() async throws { try await wait(.writing) }

  /// What is there now is all that will be read.
  package func drain() {
    let reader = state.withLock { state in
      state.isDraining = true
      return state.reader.take()
    }
    reader?.resume()
  }

  /// Lets go of the descriptor: it closes when no call uses it any more.
  package func close() {
    let (reader, writer) = state.withLock { state in
      state.file = nil
      return (state.reader.take(), state.writer.take())
    }
    forget()
    reader?.resume()
    writer?.resume()
  }

  /// Uses the descriptor for a call that does not wait; nil after `close`.
  package func with<Value>(_ call: (Descriptor) throws(SystemCallError) -> Value) throws(SystemCallError) -> Value? {
    guard let file = state.withLock({ $0.file }) else { return nil }
    return try call(file)
  }

  private func forget() {
    if let token = token.withLock({ $0.take() }) { loop.remove(token) }
  }

  private func attempt<Value>(
    _ direction: Direction, _ call: (Descriptor) throws(SystemCallError) -> Value?
  ) async throws -> Value? {
    while true {
      let (file, isDraining) = state.withLock { ($0.file, $0.isDraining) }
      guard let file else { return nil }
      if let value = try call(file) { return value }
      if isDraining, direction == .reading { return nil }
      try await wait(direction)
    }
  }

  private func wait(_ direction: Direction) async throws {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { enter($0, direction) }
    } onCancel: {
      leave(direction)?.resume(throwing: CancellationError())
    }
  }

  private func enter(_ continuation: CheckedContinuation<Void, any Error>, _ direction: Direction) {
    let outcome = state.withLock { state -> Result<Void, any Error>? in
      if Task.isCancelled { return .failure(CancellationError()) }
      // `attempt` finds out why.
      if state.file == nil || (state.isDraining && direction == .reading) { return .success(()) }
      switch direction {
      case .reading:
        precondition(state.reader == nil, "two readers of one descriptor")
        state.reader = continuation
      case .writing:
        precondition(state.writer == nil, "two writers of one descriptor")
        state.writer = continuation
      }
      return nil
    }
    if let outcome { return continuation.resume(with: outcome) }
    arm()
  }

  private func leave(_ direction: Direction) -> CheckedContinuation<Void, any Error>? {
    state.withLock { state in direction == .reading ? state.reader.take() : state.writer.take() }
  }

  /// Asks for one event for those who wait. The kernel looks at once, so nothing that came before is missed.
  private func arm() {
    guard let token = token.withLock({ $0 }) else { return }
    let failed = state.withLock { state -> [CheckedContinuation<Void, any Error>] in
      do throws(SystemCallError) {
        try loop.modify(token, state.interest)
        return []
      } catch {
        return [state.reader.take(), state.writer.take()].compactMap(\.self)
      }
    }
    // They try again, and hear from their own call what is wrong.
    for continuation in failed { continuation.resume() }
  }

  private func fire(_ ready: Epoll.Interest) {
    let isOver = !ready.isDisjoint(with: [.hungUp, .failed])
    let (reader, writer, isWaiting) = state.withLock { state in
      let reader = isOver || ready.contains(.readable) ? state.reader.take() : nil
      let writer = isOver || ready.contains(.writable) ? state.writer.take() : nil
      return (reader, writer, state.reader != nil || state.writer != nil)
    }
    if isWaiting { arm() }
    reader?.resume()
    writer?.resume()
  }
}

extension Descriptor {
  /// Reads once; empty at the end, nil when a non-blocking descriptor has nothing now.
  package func readChunk(maximumBytes: Int) throws(SystemCallError) -> [UInt8]? {
    var outcome: Result<Int?, SystemCallError> = .success(nil)
    let bytes = [UInt8](unsafeUninitializedCapacity: maximumBytes) { buffer, count in
      outcome = Result { () throws(SystemCallError) in try read(into: UnsafeMutableRawBufferPointer(buffer)) }
      count = (try? outcome.get()) ?? 0
    }
    return try outcome.get().map { _ in bytes }
  }

  /// Writes what is taken now of `bytes` from `offset` on; nil when nothing is.
  package func write(_ bytes: [UInt8], from offset: Int) throws(SystemCallError) -> Int? {
    try bytes.withUnsafeBytes { buffer in
      Result { () throws(SystemCallError) in try write(UnsafeRawBufferPointer(rebasing: buffer[offset...])) }
    }.get()
  }
}
