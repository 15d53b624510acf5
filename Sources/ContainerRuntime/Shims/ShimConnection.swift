import LinuxSystem
import ShimProtocol
import Synchronization

/// The agent's end of a shim's socket. Answers find their requests by number; what comes unasked goes to `onPush`.
final class ShimConnection: Sendable {
  private struct State {
    var token: UInt64?
    var received: [UInt8] = []
    var queued: [UInt8] = []
    var pending: [UInt32: CheckedContinuation<ShimMessage, any Error>] = [:]
    var nextCorrelation: UInt32 = 1
    var closedBecause: String?
    /// The loop tells when there is room again.
    var isBlocked = false
  }

  /// Requests under way on one connection.
  private static let maximumPending = 1024
  private static let chunkBytes = 64 << 10

  private let descriptor: Descriptor
  private let loop: EventLoopThread
  private let onPush: @Sendable (ShimMessage) -> Void
  /// Called once, on the loop's thread or the caller's of `close`.
  private let onClose: @Sendable (String) -> Void
  private let state = Mutex(State())

  init(
    _ descriptor: Descriptor, loop: EventLoopThread, onPush: @escaping @Sendable (ShimMessage) -> Void,
    onClose: @escaping @Sendable (String) -> Void
  ) throws(SystemCallError) {
    self.descriptor = descriptor
    self.loop = loop
    self.onPush = onPush
    self.onClose = onClose
    let token = try loop.add(descriptor, .readable) { [weak self] in self?.handle($0) }
    let isClosed = state.withLock { state in
      state.token = token
      return state.closedBecause != nil
    }
    if isClosed { loop.remove(token) }
  }

  deinit {
    if let token = state.withLock({ $0.token }) { loop.remove(token) }
  }

  /// Sends a request and waits for its answer.
  ///
  /// - Throws: `ShimFailure` from the shim; `RuntimeError` `.unavailable` when the connection ends first.
  func request(_ message: ShimMessage) async throws -> ShimMessage {
    let answer = try await withCheckedThrowingContinuation { continuation in
      let refusal = state.withLock { state -> String? in
        if let reason = state.closedBecause { return reason }
        if state.pending.count >= Self.maximumPending { return "\(Self.maximumPending) requests wait already" }
        let correlation = state.nextCorrelation
        state.nextCorrelation = correlation == .max ? 1 : correlation + 1
        state.pending[correlation] = continuation
        state.queued += ShimFrame(correlation: correlation, message: message).encoded()
        return nil
      }
      if let refusal { return continuation.resume(throwing: RuntimeError(.unavailable, refusal)) }
      flush()
    }
    if case .failed(let failure) = answer { throw failure }
    return answer
  }

  /// As above; a shim that does not answer in time is given up with its connection.
  func request(_ message: ShimMessage, within timeout: Duration) async throws -> ShimMessage {
    // Not a child task: it must not be waited for when the answer comes first.
    let watchdog = Task {
      try await Task.sleep(for: timeout)
      close("the shim has not answered within \(timeout)")
    }
    defer { watchdog.cancel() }
    return try await request(message)
  }

  /// nil while it is open.
  var closedBecause: String? { state.withLock { $0.closedBecause } }

  func close(_ reason: String) {
    let pending = state.withLock { state -> [CheckedContinuation<ShimMessage, any Error>]? in
      guard state.closedBecause == nil else { return nil }
      state.closedBecause = reason
      defer { state.pending = [:] }
      if let token = state.token { loop.remove(token) }
      return Array(state.pending.values)
    }
    guard let pending else { return }
    for continuation in pending { continuation.resume(throwing: RuntimeError(.unavailable, reason)) }
    onClose(reason)
  }

  // MARK: On the loop's thread

  private func handle(_ ready: Epoll.Interest) {
    if ready.contains(.writable) { flush() }
    guard !ready.isDisjoint(with: [.readable, .hungUp, .failed]) else { return }
    do {
      let isOpen = try receive()
      while let frame = try take() { deliver(frame) }
      if !isOpen { close("the shim has ended") }
    } catch {
      close("\(error)")
    }
  }

  private func receive() throws -> Bool {
    guard let chunk = try descriptor.readChunk(maximumBytes: Self.chunkBytes) else { return true }
    state.withLock { $0.received += chunk }
    return !chunk.isEmpty
  }

  private func take() throws(ShimProtocolError) -> ShimFrame? {
    let outcome = state.withLock { state in
      Result { () throws(ShimProtocolError) in try ShimFrame.take(from: &state.received) }
    }
    return try outcome.get()
  }

  private func deliver(_ frame: ShimFrame) {
    if frame.correlation == 0 { return onPush(frame.message) }
    state.withLock { $0.pending.removeValue(forKey: frame.correlation) }?.resume(returning: frame.message)
  }

  private func flush() {
    let failure = state.withLock { state -> String? in
      guard state.closedBecause == nil else { return nil }
      do throws(SystemCallError) {
        while !state.queued.isEmpty {
          guard let sent = try UnixSocket.send(state.queued, to: descriptor) else { break }
          state.queued.removeFirst(sent)
        }
        let isBlocked = !state.queued.isEmpty
        if let token = state.token, isBlocked != state.isBlocked {
          try loop.modify(token, isBlocked ? [.readable, .writable] : .readable)
          state.isBlocked = isBlocked
        }
        return nil
      } catch {
        return error.description
      }
    }
    if let failure { close(failure) }
  }
}
