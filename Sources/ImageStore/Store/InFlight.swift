import Synchronization

/// Joins callers who ask for the same thing at the same time: the first one's work serves all.
final class InFlight<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private struct Entry {
    var task: Task<Value, any Error>
    var waiters: Int
    var number: Int
  }
  private struct State {
    var entries: [Key: Entry] = [:]
    var nextNumber = 0
  }
  private let state = Mutex(State())

  /// The work is cancelled when the last caller that waits for it is.
  func run(_ key: Key, _ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
    let (task, number) = join(key, work)
    return try await withTaskCancellationHandler {
      defer { leave(key, number) }
      return try await task.value
    } onCancel: {
      leave(key, number, cancelling: true)
    }
  }

  /// How many callers wait for a key's work now.
  func waiters(_ key: Key) -> Int { state.withLock { $0.entries[key]?.waiters ?? 0 } }

  private func join(_ key: Key, _ work: @escaping @Sendable () async throws -> Value) -> (Task<Value, any Error>, Int) {
    state.withLock { state in
      if var entry = state.entries[key] {
        entry.waiters += 1
        state.entries[key] = entry
        return (entry.task, entry.number)
      }
      state.nextNumber += 1
      // Not a child of the first caller: the others' wait must not end with it.
      let task = Task { try await work() }
      state.entries[key] = Entry(task: task, waiters: 1, number: state.nextNumber)
      return (task, state.nextNumber)
    }
  }

  private func leave(_ key: Key, _ number: Int, cancelling: Bool = false) {
    state.withLock { state in
      guard var entry = state.entries[key], entry.number == number else { return }
      if cancelling {
        entry.waiters -= 1
        state.entries[key] = entry
        if entry.waiters > 0 { return }
        entry.task.cancel()
      }
      state.entries[key] = nil
    }
  }
}
