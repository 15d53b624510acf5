import CLinux
import Glibc
import Synchronization

/// A few threads for calls that block (file work, mounts, waiting for a process), so that the cooperative pool never
/// does.
package final class BlockingPool: Sendable {
  package struct Overloaded: Error {}

  private struct State {
    var queue: [@Sendable () -> Void] = []
    var head = 0
    var isStopped = false
  }

  private static let maximumQueued = 65_536

  private let state = Mutex(State())
  /// Counts queued work; a thread that reads it takes one.
  private let ready: Descriptor
  private let threadCount: Int

  package init(name: String, threads: Int) throws(SystemCallError) {
    threadCount = threads
    ready = Descriptor(owning: try systemCall("eventfd") { cl_eventfd(1) })
    for index in 0..<threads {
      try NativeThread.start(name: "\(name)-\(index)") { [self] in work() }
    }
  }

  /// Runs `body` on one of the threads.
  ///
  /// - Throws: what `body` throws; `Overloaded` when too much waits already.
  package func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let queued = submit { continuation.resume(with: Result { try body() }) }
      if !queued { continuation.resume(throwing: Overloaded()) }
    }
  }

  /// Queues work; false when too much waits already.
  package func submit(_ work: @escaping @Sendable () -> Void) -> Bool {
    let queued = state.withLock { state in
      guard !state.isStopped, state.queue.count - state.head < Self.maximumQueued else { return false }
      state.queue.append(work)
      return true
    }
    if queued { _ = eventfd_write(ready.raw, 1) }
    return queued
  }

  /// Ends the threads after what is queued.
  package func stop() {
    state.withLock { $0.isStopped = true }
    _ = eventfd_write(ready.raw, UInt64(threadCount))
  }

  private func work() {
    var count: UInt64 = 0
    while true {
      _ = eventfd_read(ready.raw, &count)
      guard let next = take() else { return }
      next()
    }
  }

  private func take() -> (@Sendable () -> Void)? {
    state.withLock { state in
      guard state.head < state.queue.count else { return nil }
      let next = state.queue[state.head]
      state.head += 1
      if state.head > 1024 || state.head == state.queue.count {
        state.queue.removeFirst(state.head)
        state.head = 0
      }
      return next
    }
  }
}
