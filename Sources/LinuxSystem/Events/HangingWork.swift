import CLinux
import Glibc
import Synchronization

/// Runs calls that may never come back, such as a look at a file system whose server is gone, each on a thread of its
/// own: whoever waits gives up in time, and no other work waits behind them.
package final class HangingWork: Sendable {
  /// The call has not come back.
  package struct Hung: Error, Sendable, Equatable {
    package var seconds: Int
    /// The kernel function in which the thread waits, such as `request_wait_answer`; empty when the kernel does not say.
    package var waitsIn: String

    package init(seconds: Int, waitsIn: String) {
      self.seconds = seconds
      self.waitsIn = waitsIn
    }
  }

  /// So many calls may hang at once; further ones are refused.
  private static let maximumThreads = 256

  private struct Call {
    var startedAt: ContinuousClock.Instant
    var threadID: pid_t = 0
  }

  private let patience: Duration
  private let calls = Mutex<[String: Call]>([:])

  package init(patience: Duration) { self.patience = patience }

  /// Runs `body` unless the last call of that key still hangs.
  ///
  /// - Throws: `Hung` when the time is up or the last call hangs; what `body` throws.
  package func run<Value: Sendable>(
    _ key: String, _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    if let hung = begin(key) { throw hung }
    let answer = FirstAnswer<Value>()
    do {
      try NativeThread.start(name: "may-hang") { [self] in
        note(key, threadID: cl_thread_id())
        let result = Result { try body() }
        end(key)
        answer.give(result)
      }
    } catch {
      end(key)
      throw error
    }
    // Ends with the call, or with the patience; nobody else waits for it.
    let timer = Task { [self] in
      try await Task.sleep(for: patience)
      if let hung = hung(key) { answer.give(.failure(hung)) }
    }
    defer { timer.cancel() }
    return try await answer.wait()
  }

  private func begin(_ key: String) -> Hung? {
    let isFree = calls.withLock { calls in
      guard calls[key] == nil, calls.count < Self.maximumThreads else { return false }
      calls[key] = Call(startedAt: .now)
      return true
    }
    return isFree ? nil : hung(key) ?? Hung(seconds: 0, waitsIn: "")
  }

  private func note(_ key: String, threadID: pid_t) { calls.withLock { $0[key]?.threadID = threadID } }

  private func end(_ key: String) { calls.withLock { $0[key] = nil } }

  private func hung(_ key: String) -> Hung? {
    guard let call = calls.withLock({ $0[key] }) else { return nil }
    let place = try? FileTree.text("/proc/self/task/\(call.threadID)/wchan")
    return Hung(
      seconds: Int((ContinuousClock.now - call.startedAt) / .seconds(1)), waitsIn: place == "0" ? "" : place ?? "")
  }
}

/// The first of two answers; the other is dropped.
private final class FirstAnswer<Value: Sendable>: Sendable {
  private enum State {
    case open
    case waiting(CheckedContinuation<Value, any Error>)
    case answered(Result<Value, any Error>)
    case done
  }

  private let state = Mutex(State.open)

  func give(_ result: Result<Value, any Error>) {
    let waiter = state.withLock { state -> CheckedContinuation<Value, any Error>? in
      switch state {
      case .open:
        state = .answered(result)
        return nil
      case .waiting(let continuation):
        state = .done
        return continuation
      case .answered, .done: return nil
      }
    }
    waiter?.resume(with: result)
  }

  func wait() async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let result = state.withLock { state -> Result<Value, any Error>? in
        if case .answered(let result) = state {
          state = .done
          return result
        }
        state = .waiting(continuation)
        return nil
      }
      if let result { continuation.resume(with: result) }
    }
  }
}
