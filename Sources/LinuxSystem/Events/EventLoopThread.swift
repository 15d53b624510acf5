import CLinux
import Glibc
import Synchronization

/// One thread that waits on many descriptors and calls a handler for each that is ready. Handlers run on that thread, one
/// at a time, and must not block. So do tasks that prefer it as their executor: what they wait for and a handler gives them
/// they go on with at once, and no other thread is woken.
package final class EventLoopThread: TaskExecutor {
  package typealias Handler = @Sendable (Epoll.Interest) -> Void

  private struct Entry {
    var file: Descriptor
    var handler: Handler
  }

  private struct State {
    var entries: [UInt64: Entry] = [:]
    var nextToken: UInt64 = 1
    var isStopped = false
    var jobs: [UnownedJob] = []
    /// The thread knows that there are jobs, or is told already.
    var isWoken = false
  }

  /// So many rounds of jobs run before handlers have their turn again.
  private static let maximumRounds = 16

  private let epoll: Epoll
  private let wakeup: Descriptor
  private let state = Mutex(State())
  private let thread = Atomic<UInt>(0)

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

  /// Ends the thread; no handler is called any more, and tasks go on elsewhere.
  package func stop() {
    state.withLock {
      $0.isStopped = true
      $0.entries = [:]
    }
    wake()
  }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let isOwn = thread.load(ordering: .relaxed) == UInt(pthread_self())
    let (isTaken, mustWake) = state.withLock { state -> (Bool, Bool) in
      guard !state.isStopped else { return (false, false) }
      state.jobs.append(job)
      defer { state.isWoken = state.isWoken || !isOwn }
      return (true, !isOwn && !state.isWoken)
    }
    if !isTaken { return globalConcurrentExecutor.enqueue(job) }
    if mustWake { wake() }
  }

  private func wake() {
    // An eventfd's counter cannot be full with an increment for each time that it was read.
    _ = eventfd_write(wakeup.raw, 1)
  }

  // MARK: On the thread

  private func run() {
    thread.store(UInt(pthread_self()), ordering: .relaxed)
    var hasJobs = false
    while !state.withLock({ $0.isStopped }) {
      // epoll_wait fails only for a bad descriptor or buffer: a bug.
      guard let events = try? epoll.wait(timeoutMilliseconds: hasJobs ? 0 : -1) else { break }
      for event in events {
        if event.token == 0 { hearWakeUp() } else { state.withLock { $0.entries[event.token]?.handler }?(event.ready) }
      }
      hasJobs = runJobs()
    }
    for job in state.withLock({ $0.jobs }) { globalConcurrentExecutor.enqueue(job) }
  }

  private func hearWakeUp() {
    var count: eventfd_t = 0
    _ = eventfd_read(wakeup.raw, &count)
    // What is entered from here on, before the jobs are taken, is taken with them.
    state.withLock { $0.isWoken = false }
  }

  /// - Returns: whether there are more.
  private func runJobs() -> Bool {
    for _ in 0..<Self.maximumRounds {
      let jobs = state.withLock { state in
        defer { state.jobs = [] }
        return state.jobs
      }
      if jobs.isEmpty { return false }
      for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
    return state.withLock { !$0.jobs.isEmpty }
  }
}
