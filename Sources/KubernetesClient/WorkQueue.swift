import Synchronization

/// A queue of keys with client-go's promises: a key that waits is queued once; a key that is being worked on and added
/// again is handed out again only after `done`; failures come back later and later.
package final class WorkQueue<Key: Hashable & Sendable>: Sendable {
  private struct State {
    var ready: [Key] = []
    var head = 0
    var queued: Set<Key> = []
    var working: Set<Key> = []
    var failures: [Key: Int] = [:]
    /// When a delayed key comes due; an earlier wish replaces a later one.
    var due: [Key: ContinuousClock.Instant] = [:]
    var readers: [(id: Int, continuation: CheckedContinuation<Void, Never>)] = []
    var nextReader = 0
    var isShutDown = false
  }

  private let state = Mutex(State())
  private let initialDelay: Duration
  private let maximumDelay: Duration

  package init(initialDelay: Duration = .milliseconds(5), maximumDelay: Duration = .seconds(1000)) {
    self.initialDelay = initialDelay
    self.maximumDelay = maximumDelay
  }

  package var count: Int { state.withLock { $0.queued.count } }

  package func add(_ key: Key) {
    let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard !state.isShutDown, state.queued.insert(key).inserted else { return nil }
      guard !state.working.contains(key) else { return nil }
      state.ready.append(key)
      return state.readers.isEmpty ? nil : state.readers.removeFirst().continuation
    }
    reader?.resume()
  }

  package func add(_ key: Key, after delay: Duration) {
    guard delay > .zero else { return add(key) }
    let instant = ContinuousClock.now + delay
    let isEarlier = state.withLock { state in
      guard !state.isShutDown else { return false }
      if let known = state.due[key], known <= instant { return false }
      state.due[key] = instant
      return true
    }
    guard isEarlier else { return }
    // Nobody waits for this timer: it fires into the queue, or into nothing once an earlier one has replaced it.
    Task { [weak self] in
      try? await Task.sleep(until: instant, clock: .continuous)
      self?.fire(key, instant)
    }
  }

  /// Adds after a delay that doubles with each call until `forget`.
  package func addRateLimited(_ key: Key) {
    let failures = state.withLock { state in
      defer { state.failures[key, default: 0] += 1 }
      return state.failures[key, default: 0]
    }
    add(key, after: Backoff.delay(attempt: failures, initial: initialDelay, maximum: maximumDelay))
  }

  package func forget(_ key: Key) { state.withLock { $0.failures[key] = nil } }

  /// How often `addRateLimited` was called for the key since `forget`.
  package func failures(of key: Key) -> Int { state.withLock { $0.failures[key] ?? 0 } }

  /// The next key to work on, or nil after `shutDown` or cancellation. Call `done` when finished with it.
  package func next() async -> Key? {
    while !Task.isCancelled {
      let (key, isShutDown) = state.withLock { (Self.take(&$0), $0.isShutDown) }
      if let key { return key }
      if isShutDown { return nil }
      await waitForKey()
    }
    return nil
  }

  package func done(_ key: Key) {
    let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
      state.working.remove(key)
      guard state.queued.contains(key) else { return nil }
      state.ready.append(key)
      return state.readers.isEmpty ? nil : state.readers.removeFirst().continuation
    }
    reader?.resume()
  }

  package func shutDown() {
    let readers = state.withLock { state in
      state.isShutDown = true
      defer { state.readers = [] }
      return state.readers
    }
    for reader in readers { reader.continuation.resume() }
  }

  private static func take(_ state: inout State) -> Key? {
    guard state.head < state.ready.count else { return nil }
    let key = state.ready[state.head]
    state.head += 1
    if state.head == state.ready.count {
      state.ready.removeAll(keepingCapacity: true)
      state.head = 0
    }
    state.queued.remove(key)
    state.working.insert(key)
    return key
  }

  private func waitForKey() async {
    let id = state.withLock { state in
      state.nextReader += 1
      return state.nextReader
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let ready = state.withLock { state in
          let ready = state.head < state.ready.count || state.isShutDown || Task.isCancelled
          if !ready { state.readers.append((id, continuation)) }
          return ready
        }
        if ready { continuation.resume() }
      }
    } onCancel: {
      let reader = state.withLock { state in
        let position = state.readers.firstIndex { $0.id == id }
        return position.map { state.readers.remove(at: $0).continuation }
      }
      reader?.resume()
    }
  }

  private func fire(_ key: Key, _ instant: ContinuousClock.Instant) {
    let isCurrent = state.withLock { state in
      guard state.due[key] == instant else { return false }
      state.due[key] = nil
      return true
    }
    if isCurrent { add(key) }
  }
}
