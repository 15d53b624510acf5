import KubernetesAPI
import KubernetesClient
import LinuxSystem
import Synchronization

/// Deadlines of many owners kept by one task: a heap of (when, key), one alarm. Setting a key's deadline replaces its
/// former one.
package final class DeadlineQueue<Key: Hashable & Sendable>: Sendable {
  private struct Entry {
    var at: ContinuousClock.Instant
    var key: Key
  }

  private struct State {
    var deadlines: [Key: ContinuousClock.Instant] = [:]
    var heap: [Entry] = []
    var sleeper: CheckedContinuation<Void, Never>?
    var isRung = false
  }

  private let state = Mutex(State())
  /// Set once, before anybody else has the object.
  private let alarm = Mutex<Alarm?>(nil)

  /// - Parameter loop: keeps the time. A reader that prefers it as its executor is woken with no other thread between.
  package init(loop: EventLoopThread) throws(SystemCallError) {
    let ringing = try Alarm(loop: loop) { [weak self] in self?.ring() }
    alarm.withLock { $0 = ringing }
  }

  package func set(_ key: Key, at instant: ContinuousClock.Instant) {
    let isEarliest = state.withLock { state in
      guard state.deadlines[key] != instant else { return false }
      state.deadlines[key] = instant
      Self.push(Entry(at: instant, key: key), &state.heap)
      return state.heap.first?.at == instant
    }
    if isEarliest { ring() }
  }

  package func cancel(_ key: Key) { state.withLock { $0.deadlines[key] = nil } }

  /// The keys whose deadlines have passed, at least one; nil once cancelled. One reader.
  package func next() async -> [Key]? {
    while !Task.isCancelled {
      let (due, next) = takeDue(now: .now)
      if !due.isEmpty { return due }
      await sleep(until: next)
    }
    return nil
  }

  private func takeDue(now: ContinuousClock.Instant) -> (due: [Key], next: ContinuousClock.Instant?) {
    state.withLock { state in
      var due: [Key] = []
      while let first = state.heap.first {
        let isCurrent = state.deadlines[first.key] == first.at
        if isCurrent, first.at > now { return (due, first.at) }
        Self.popFirst(&state.heap)
        guard isCurrent else { continue }
        state.deadlines[first.key] = nil
        due.append(first.key)
      }
      return (due, nil)
    }
  }

  /// Returns at `instant`, when an earlier deadline arrives, or on cancellation.
  private func sleep(until instant: ContinuousClock.Instant?) async {
    if let instant { alarm.withLock { $0 }?.set(instant) }
    await waitForRing()
  }

  private func waitForRing() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isReady = state.withLock { state in
          let isReady = state.isRung || Task.isCancelled
          state.isRung = false
          if !isReady { state.sleeper = continuation }
          return isReady
        }
        if isReady { continuation.resume() }
      }
    } onCancel: {
      let sleeper = state.withLock { state in
        defer { state.sleeper = nil }
        return state.sleeper
      }
      sleeper?.resume()
    }
  }

  private func ring() {
    let sleeper = state.withLock { state in
      if state.sleeper == nil { state.isRung = true }
      defer { state.sleeper = nil }
      return state.sleeper
    }
    sleeper?.resume()
  }

  private static func push(_ entry: Entry, _ heap: inout [Entry]) {
    heap.append(entry)
    var child = heap.count - 1
    while child > 0, heap[child].at < heap[(child - 1) / 2].at {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  private static func popFirst(_ heap: inout [Entry]) {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].at < heap[least].at {
        least = child
      }
      guard least != parent else { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
