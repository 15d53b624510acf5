import CLinux
import Glibc
import Synchronization

/// One thread that waits on many descriptors and calls a handler for each that is ready. Handlers run on that thread, one
/// at a time, and must not block.
package final class EventLoopThread: Sendable {
  package typealias Handler = @Sendable (Epoll.Interest) -> Void

  private struct Entry {
    var file: Descriptor
    var handler: Handler
  }

  private struct State {
    var entries: [UInt64: Entry] = [:]
    var nextToken: UInt64 = 1
    var isStopped = false
  }

  private let epoll: Epoll
  private let wakeup: Descriptor
  private let state = Mutex(State())

  /// - Parameter name: the thread's, as `ps -T` shows it.
  package init(name: String) throws(SystemCallError) {
    epoll = try Epoll()
    wakeup = Descriptor(owning: try systemCall("eventfd") { cl_eventfd(0) })
    try epoll.add(wakeup, token: 0, .readable)
    try NativeThread.start(name: name) { [self] in run() }
  }

  /// Watches a descriptor, which stays open until the answer is given to `remove`.
  package func add(_ file: Descriptor, _ interest: Epoll.Interest, _ handler: @escaping Handler) throws(SystemCallError) -> UInt64 {
    let token = state.withLock { state in
      state.nextToken += 1
      state.entries[state.nextToken] = Entry(file: file, handler: handler)
      return state.nextToken
    }
    do {
      try epoll.add(file, token: token, interest)
    } catch {
      _ = state.withLock { $0.entries.removeValue(forKey: token) }
      throw error
    }
    return token
  }

  package func modify(_ token: UInt64, _ interest: Epoll.Interest) throws(SystemCallError) {
    guard let file = state.withLock({ $0.entries[token]?.file }) else { return }
    try epoll.modify(file, token: token, interest)
  }

  /// No call of the handler begins after this returns on the loop's own thread.
  package func remove(_ token: UInt64) {
    guard let entry = state.withLock({ $0.entries.removeValue(forKey: token) }) else { return }
    epoll.remove(entry.file)
  }

  /// Ends the thread; nothing is called any more.
  package func stop() {
    state.withLock {
      $0.isStopped = true
      $0.entries = [:]
    }
    // An eventfd's counter cannot be full with one increment.
    _ = eventfd_write(wakeup.raw, 1)
  }

  private func run() {
    while !state.withLock({ $0.isStopped }) {
      // epoll_wait fails only for a bad descriptor or buffer: a bug.
      guard let events = try? epoll.wait(timeoutMilliseconds: -1) else { return }
      for event in events where event.token != 0 {
        state.withLock { $0.entries[event.token]?.handler }?(event.ready)
      }
    }
  }
}
