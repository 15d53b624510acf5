import KubernetesAPI
import Storage
import Synchronization

/// How far the cache has come, and who waits for it to come further.
final class RevisionGate: Sendable {
  private struct Waiter {
    var revision: Revision
    var continuation: CheckedContinuation<Void, Never>
  }

  private struct State {
    var applied: Revision
    var isClosed = false
    var waiters: [Int: Waiter] = [:]
    var nextWaiter = 0
  }

  private let state: Mutex<State>

  init(applied: Revision) { state = Mutex(State(applied: applied)) }

  var applied: Revision { state.withLock { $0.applied } }

  func advance(to revision: Revision) {
    let ready = state.withLock { state -> [Waiter] in
      state.applied = max(state.applied, revision)
      guard !state.waiters.isEmpty else { return [] }
      let ready = state.waiters.filter { $0.value.revision <= state.applied }
      for id in ready.keys { state.waiters[id] = nil }
      return Array(ready.values)
    }
    for waiter in ready { waiter.continuation.resume() }
  }

  /// The cache will not come further: nobody waits any more.
  func close() {
    let waiters = state.withLock { state -> [Waiter] in
      state.isClosed = true
      defer { state.waiters = [:] }
      return Array(state.waiters.values)
    }
    for waiter in waiters { waiter.continuation.resume() }
  }

  /// Returns once everything up to `revision` is in the cache. Throws `Status` when that will not happen, and
  /// `CancellationError`.
  func wait(for revision: Revision) async throws {
    guard applied < revision else { return }
    let id = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isReady = state.withLock { state in
          guard state.applied < revision, !state.isClosed, !Task.isCancelled else { return true }
          state.waiters[id] = Waiter(revision: revision, continuation: continuation)
          return false
        }
        if isReady { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume()
    }
    guard applied < revision else { return }
    try Task.checkCancellation()
    throw Status(code: 503, reason: .serviceUnavailable, message: "the server is shutting down")
  }
}
