import Synchronization

/// A number of places; who finds none waits in line.
final class Slots: Sendable {
  private struct State {
    var free: Int
    var line: [CheckedContinuation<Void, Never>] = []
  }

  private let state: Mutex<State>

  init(count: Int) { state = Mutex(State(free: count)) }

  /// Runs the body in a place of its own. A cancelled task keeps its turn; its body notices.
  func with<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
    await take()
    defer { give() }
    try Task.checkCancellation()
    return try await body()
  }

  private func take() async {
    await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        if state.free > 0 {
          state.free -= 1
          return true
        }
        state.line.append(continuation)
        return false
      }
      if isFree { continuation.resume() }
    }
  }

  private func give() {
    let next: CheckedContinuation<Void, Never>? = state.withLock { state in
      if state.line.isEmpty {
        state.free += 1
        return nil
      }
      return state.line.removeFirst()
    }
    next?.resume()
  }
}
