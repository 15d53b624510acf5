import KubernetesAPI
import Synchronization

/// One step of an informer's copy.
package enum InformerChange<Object: APIObject>: Sendable {
  case added(Object)
  case updated(old: Object, new: Object)
  case deleted(Object)

  /// The newest the change knows of the object.
  package var object: Object {
    switch self {
    case .added(let object), .deleted(let object): object
    case .updated(_, let new): new
    }
  }
}

/// The changes of an informer for one consumer.
///
/// A slow consumer costs no memory beyond the objects themselves: what happens to one object between two reads is
/// folded into one step (or a deletion and an addition where the object was made anew).
package final class InformerChanges<Object: APIObject>: AsyncSequence, AsyncIteratorProtocol, Sendable {
  package typealias Element = InformerChange<Object>

  /// What the consumer saw last of an object, and what it is now.
  private struct Step {
    var seen: Object?
    var current: Object?
  }

  private struct State {
    var steps: [ObjectKey: Step] = [:]
    /// Keys with a step in the order of their first change; `head` is where the next read takes from.
    var order: [ObjectKey] = []
    var head = 0
    var isFinished = false
    var reader: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  package func makeAsyncIterator() -> InformerChanges<Object> { self }

  package func next() async -> InformerChange<Object>? {
    while true {
      if let change = state.withLock({ Self.take(&$0) }) { return change }
      if state.withLock(\.isFinished) || Task.isCancelled { return nil }
      await withTaskCancellationHandler {
        await withCheckedContinuation { wait($0) }
      } onCancel: {
        wake()
      }
    }
  }

  func note(_ key: ObjectKey, current: Object?, previous: Object?) {
    state.withLock { state in
      if state.steps[key] != nil {
        state.steps[key]?.current = current
      } else {
        state.steps[key] = Step(seen: previous, current: current)
        state.order.append(key)
      }
    }
    wake()
  }

  func finish() {
    state.withLock { $0.isFinished = true }
    wake()
  }

  private func wait(_ continuation: CheckedContinuation<Void, Never>) {
    let ready = state.withLock { state in
      let ready = state.head < state.order.count || state.isFinished || Task.isCancelled
      if !ready { state.reader = continuation }
      return ready
    }
    if ready { continuation.resume() }
  }

  private func wake() {
    let reader = state.withLock { state in
      defer { state.reader = nil }
      return state.reader
    }
    reader?.resume()
  }

  private static func take(_ state: inout State) -> InformerChange<Object>? {
    while state.head < state.order.count {
      let key = state.order[state.head]
      state.head += 1
      if state.head == state.order.count {
        state.order.removeAll(keepingCapacity: true)
        state.head = 0
      }
      guard let step = state.steps.removeValue(forKey: key) else { continue }
      switch (step.seen, step.current) {
      case (nil, let new?): return .added(new)
      case (let old?, nil): return .deleted(old)
      case (let old?, let new?) where old.uid == new.uid: return .updated(old: old, new: new)
      case (let old?, let new?):
        state.steps[key] = Step(seen: nil, current: new)
        state.order.append(key)
        return .deleted(old)
      case (nil, nil): continue
      }
    }
    return nil
  }
}
