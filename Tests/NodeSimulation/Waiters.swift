import Synchronization

/// Tests that wait for what a fake is brought to. A wait ends with its condition or with its task; after so long that the
/// condition must have been missed it fails, with what was last seen.
package final class Waiters: Sendable {
  package struct MissedCondition: Error, CustomStringConvertible {
    package let description: String
  }

  private struct Waiter: Sendable {
    var condition: @Sendable () -> Bool
    var continuation: CheckedContinuation<Void, Never>
  }

  private struct State {
    var nextID = 0
    var waiting: [Int: Waiter] = [:]
  }

  /// Far more than a loaded machine needs.
  private static let patience = Duration.seconds(120)

  private let state = Mutex(State())

  /// The condition is looked at now and after each change.
  func wait(
    lastSeen: @escaping @Sendable () -> String, until condition: @escaping @Sendable () -> Bool
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      defer { group.cancelAll() }
      group.addTask { try await self.wait(until: condition) }
      group.addTask {
        try await Task.sleep(for: Self.patience)
        throw MissedCondition(description: "nothing more came of it in \(Self.patience): \(lastSeen())")
      }
      try await group.next()
    }
  }

  /// Something has changed. Whoever is not served stays in the list meanwhile, so that a change beside this one finds it.
  func wake() {
    let fulfilled = state.withLock { $0.waiting }.filter { $0.value.condition() }
    for id in fulfilled.keys { end(id) }
  }

  private func wait(until condition: @escaping @Sendable () -> Bool) async throws {
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isCancelled = state.withLock { state in
          let isCancelled = Task.isCancelled
          if !isCancelled { state.waiting[id] = Waiter(condition: condition, continuation: continuation) }
          return isCancelled
        }
        if isCancelled { continuation.resume() } else { wake() }
      }
    } onCancel: {
      end(id)
    }
    try Task.checkCancellation()
  }

  private func end(_ id: Int) { state.withLock { $0.waiting.removeValue(forKey: id) }?.continuation.resume() }
}
