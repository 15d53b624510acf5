import KubernetesAPI
import Synchronization

/// The newest size of the client's terminal; sizes in between may be skipped. One task reads, and one that is cancelled
/// while it waits loses nothing: the next one gets what came meanwhile.
package final class TerminalSizes: Sendable {
  private struct State {
    var newest: TerminalSize?
    var isFinished = false
    var reader: CheckedContinuation<Void, Never>?

    var isReady: Bool { newest != nil || isFinished }

    mutating func takeReader() -> CheckedContinuation<Void, Never>? {
      defer { reader = nil }
      return reader
    }
  }

  private let state = Mutex(State())

  package init() {}

  package func add(_ size: TerminalSize) { change { $0.newest = size } }

  /// No further size will come.
  package func finish() { change { $0.isFinished = true } }

  private func change(_ body: @Sendable (inout State) -> Void) {
    let reader = state.withLock { state in
      body(&state)
      return state.takeReader()
    }
    reader?.resume()
  }

  /// Nil when no more will come.
  package func next() async throws -> TerminalSize? {
    while !state.withLock({ $0.isReady }) {
      try Task.checkCancellation()
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          let isOver = state.withLock { state in
            guard !state.isReady, !Task.isCancelled else { return true }
            state.reader = continuation
            return false
          }
          if isOver { continuation.resume() }
        }
      } onCancel: {
        state.withLock { $0.takeReader() }?.resume()
      }
    }
    return state.withLock { state in
      defer { state.newest = nil }
      return state.newest
    }
  }
}
