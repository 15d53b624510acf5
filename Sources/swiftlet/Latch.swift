import Synchronization

/// Opens once; whoever waits goes on, now and later.
final class Latch: Sendable {
  private struct State {
    var isOpen = false
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  func open() {
    let waiting = state.withLock { state in
      state.isOpen = true
      let waiting = state.waiting
      state.waiting = []
      return waiting
    }
    for continuation in waiting { continuation.resume() }
  }

  /// Cancelling one waiter opens for all: it happens when the whole process ends.
  func wait() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { enqueue($0) }
    } onCancel: {
      open()
    }
  }

  private func enqueue(_ continuation: CheckedContinuation<Void, Never>) {
    let isOpen = state.withLock { state in
      if !state.isOpen, !Task.isCancelled {
        state.waiting.append(continuation)
        return false
      }
      return true
    }
    if isOpen { continuation.resume() }
  }
}
