import KubernetesAPI
import Synchronization

/// Between the cache and one watcher: a bounded buffer of events. Whoever reads gets all that waits at once; whoever
/// does not read for `capacity` events is ended with 410, so that it lists again.
final class WatchMailbox: Sendable {
  static let defaultCapacity = 4096

  private enum Ending {
    case finished
    case failed(Status)
  }

  private struct State {
    /// What the watch begins with; not counted, as the watcher has had no time to read.
    var initial: [RegistryEvent] = []
    var pending: [RegistryEvent] = []
    var ending: Ending?
    var reader: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())
  private let capacity: Int

  init(capacity: Int = WatchMailbox.defaultCapacity) { self.capacity = capacity }

  /// Sets what the watch begins with, before anybody reads.
  func begin(with events: [RegistryEvent]) { state.withLock { $0.initial = events } }

  /// False when the watcher is not to get further events.
  @discardableResult
  func push(_ event: RegistryEvent) -> Bool {
    let (isOpen, reader) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
      guard state.ending == nil else { return (false, nil) }
      guard state.pending.count < capacity else {
        state.ending = .failed(.expired("too slow: the watch lagged behind by \(capacity) events"))
        return (false, state.reader.take())
      }
      state.pending.append(event)
      return (true, state.reader.take())
    }
    reader?.resume()
    return isOpen
  }

  /// What was pushed before is still delivered.
  func finish(throwing status: Status? = nil) {
    let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
      if state.ending == nil { state.ending = status.map(Ending.failed) ?? .finished }
      return state.reader.take()
    }
    reader?.resume()
  }

  /// Everything that waits; nil at the end. Ends also when the reading task is cancelled.
  func next() async throws -> [RegistryEvent]? {
    while true {
      let (batch, ending) = state.withLock { state -> ([RegistryEvent], Ending?) in
        guard state.initial.isEmpty else {
          defer { state.initial = [] }
          return (state.initial, nil)
        }
        defer { state.pending = [] }
        return (state.pending, state.ending)
      }
      if !batch.isEmpty { return batch }
      switch ending {
      case .finished: return nil
      case .failed(let status): throw status
      case nil: await arrival()
      }
    }
  }

  private func arrival() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isReady = state.withLock { state in
          guard state.initial.isEmpty, state.pending.isEmpty, state.ending == nil else { return true }
          state.reader = continuation
          return false
        }
        if isReady { continuation.resume() }
      }
    } onCancel: {
      finish()
    }
  }
}
