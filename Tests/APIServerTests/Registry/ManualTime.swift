import KubernetesAPI
import Synchronization

@testable import APIServer

/// A clock that stands still until a test moves it, and chance from a counter.
final class ManualTime: Sendable {
  private struct Sleeper {
    var seconds: Double
    var deadline: Double
    var continuation: CheckedContinuation<Void, any Error>
  }

  private struct State {
    var seconds = 1_700_000_000.0
    var sleepers: [Int: Sleeper] = [:]
    var observers: [(seconds: Double, continuation: CheckedContinuation<Void, Never>)] = []
    var next = 0
    var random: UInt64 = 0
  }

  private let state = Mutex(State())

  var now: Timestamp { Timestamp(secondsSinceEpoch: Int(state.withLock { $0.seconds })) }

  var environment: RegistryEnvironment {
    RegistryEnvironment(
      now: { self.now }, sleep: { try await self.sleep($0) },
      random: {
        self.state.withLock { state in
          state.random += 1
          return state.random &* 0x9E37_79B9_7F4A_7C15
        }
      })
  }

  private func sleep(_ seconds: Double) async throws {
    let id = state.withLock { state in
      state.next += 1
      return state.next
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let observers = state.withLock { state -> [CheckedContinuation<Void, Never>]? in
          guard !Task.isCancelled else { return nil }
          state.sleepers[id] = Sleeper(
            seconds: seconds, deadline: state.seconds + seconds, continuation: continuation)
          let told = state.observers.filter { $0.seconds == seconds }.map(\.continuation)
          state.observers.removeAll { $0.seconds == seconds }
          return told
        }
        guard let observers else { return continuation.resume(throwing: CancellationError()) }
        for observer in observers { observer.resume() }
      }
    } onCancel: {
      state.withLock { $0.sleepers.removeValue(forKey: id) }?.continuation.resume(throwing: CancellationError())
    }
  }

  /// Returns once somebody sleeps for exactly this long.
  func sleeperAppears(seconds: Double) async {
    await withCheckedContinuation { continuation in
      let isThere = state.withLock { state in
        if state.sleepers.values.contains(where: { $0.seconds == seconds }) { return true }
        state.observers.append((seconds, continuation))
        return false
      }
      if isThere { continuation.resume() }
    }
  }

  func advance(seconds: Double) {
    let due = state.withLock { state -> [Sleeper] in
      state.seconds += seconds
      let due = state.sleepers.filter { $0.value.deadline <= state.seconds }
      for id in due.keys { state.sleepers[id] = nil }
      return Array(due.values)
    }
    for sleeper in due { sleeper.continuation.resume() }
  }
}
