import CLinux
import Glibc
import Synchronization

/// A few threads for calls that block (file work, mounts, waiting for a process), so that the cooperative pool never
/// does.
///
/// Work that hangs (a file system that does not answer) keeps its thread. A pool with substitutes starts another thread
/// when nothing has been taken for a second while work waits, so that the rest goes on; it ends when the pool has its own
/// threads back.
package final class BlockingPool: Sendable {
  package struct Overloaded: Error {}

  private struct State {
    var queue: [@Sendable () -> Void] = []
    var head = 0
    /// How often work was taken: what stands still when every thread hangs.
    var taken = 0
    var idle = 0
    var substitutes = 0
    var isWatching = false
    var isStopped = false

    var isWaiting: Bool { head < queue.count }
  }

  private static let maximumQueued = 65_536
  private static let patienceMilliseconds: Int32 = 1000

  private let name: String
  private let state = Mutex(State())
  /// Counts queued work; a thread that reads it takes one.
  private let ready: Descriptor
  private let threadCount: Int
  private let maximumSubstitutes: Int

  /// - Parameter substitutes: how many threads may hang before the pool stands still, beyond `threads`.
  package init(name: String, threads: Int, substitutes: Int = 0) throws(SystemCallError) {
    self.name = name
    threadCount = threads
    maximumSubstitutes = substitutes
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
    let (isQueued, needsWatch) = state.withLock { state in
      guard !state.isStopped, state.queue.count - state.head < Self.maximumQueued else { return (false, false) }
      state.queue.append(work)
      let isShort = state.queue.count - state.head > state.idle
      let needsWatch = maximumSubstitutes > 0 && isShort && !state.isWatching
      if needsWatch { state.isWatching = true }
      return (true, needsWatch)
    }
    if isQueued { _ = eventfd_write(ready.raw, 1) }
    if needsWatch { startWatching() }
    return isQueued
  }

  /// Ends the threads after what is queued.
  package func stop() {
    let threads = state.withLock { state in
      state.isStopped = true
      return threadCount + state.substitutes
    }
    _ = eventfd_write(ready.raw, UInt64(threads))
  }

  private func work(until isEnough: (State) -> Bool = { _ in false }) {
    var count: UInt64 = 0
    while true {
      let goesOn = state.withLock { state in
        guard !isEnough(state) else { return false }
        state.idle += 1
        return true
      }
      guard goesOn else { return }
      _ = eventfd_read(ready.raw, &count)
      state.withLock { $0.idle -= 1 }
      if let next = take() { next() } else if state.withLock(\.isStopped) { return }
    }
  }

  private func take() -> (@Sendable () -> Void)? {
    state.withLock { state in
      guard state.isWaiting else { return nil }
      let next = state.queue[state.head]
      state.head += 1
      state.taken += 1
      if state.head > 1024 || state.head == state.queue.count {
        state.queue.removeFirst(state.head)
        state.head = 0
      }
      return next
    }
  }

  // MARK: Work that hangs

  /// A thread that lives while every other is busy and work waits. When none can be had now, the next work asks again.
  private func startWatching() {
    do throws(SystemCallError) {
      try NativeThread.start(name: "\(name)-watch") { [self] in watch() }
    } catch {
      state.withLock { $0.isWatching = false }
    }
  }

  private func watch() {
    var seen = state.withLock(\.taken)
    while true {
      poll(nil, 0, Self.patienceMilliseconds)
      enum Finding { case done, moves, hangs }
      let finding = state.withLock { state -> Finding in
        guard state.isWaiting, !state.isStopped else {
          state.isWatching = false
          return .done
        }
        defer { seen = state.taken }
        guard state.taken == seen, state.substitutes < maximumSubstitutes else { return .moves }
        state.substitutes += 1
        return .hangs
      }
      switch finding {
      case .done: return
      case .moves: continue
      case .hangs: startSubstitute()
      }
    }
  }

  private func startSubstitute() {
    do throws(SystemCallError) {
      try NativeThread.start(name: "\(name)-more") { [self] in
        work { $0.idle >= threadCount }
        state.withLock { $0.substitutes -= 1 }
      }
    } catch {
      // No thread to be had; the watch goes on and tries again.
      state.withLock { $0.substitutes -= 1 }
    }
  }
}
