import Synchronization

/// What waits for one pod's worker. The newest desired pod replaces an older one unread; everything else is kept in
/// order. Deliveries never block and are bounded by what a pod can have happen to it, except for probe results and
/// timers, which the caller coalesces.
package final class Mailbox<Message: Sendable>: Sendable {
  private struct State {
    var messages: [Message] = []
    var reader: CheckedContinuation<Void, Never>?
    var isClosed = false
  }

  private let state = Mutex(State())
  private let replaces: @Sendable (_ new: Message, _ old: Message) -> Bool

  /// `replaces` says that a waiting message is void once a newer one is here.
  package init(replaces: @escaping @Sendable (_ new: Message, _ old: Message) -> Bool) { self.replaces = replaces }

  package func deliver(_ message: Message) {
    let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard !state.isClosed else { return nil }
      if let position = state.messages.firstIndex(where: { replaces(message, $0) }) {
        state.messages[position] = message
      } else {
        state.messages.append(message)
      }
      defer { state.reader = nil }
      return state.reader
    }
    reader?.resume()
  }

  package func close() {
    let reader = state.withLock { state in
      state.isClosed = true
      defer { state.reader = nil }
      return state.reader
    }
    reader?.resume()
  }

  /// All that waits, at least one; nil once closed and empty, or cancelled. One reader.
  package func next() async -> [Message]? {
    while true {
      let (messages, isClosed) = state.withLock { state in
        defer { state.messages = [] }
        return (state.messages, state.isClosed)
      }
      if !messages.isEmpty { return messages }
      if isClosed || Task.isCancelled { return nil }
      await withTaskCancellationHandler {
        await wait()
      } onCancel: {
        wake()
      }
    }
  }

  private func wait() async {
    await withCheckedContinuation { continuation in
      let isReady = state.withLock { state in
        let isReady = !state.messages.isEmpty || state.isClosed || Task.isCancelled
        if !isReady { state.reader = continuation }
        return isReady
      }
      if isReady { continuation.resume() }
    }
  }

  private func wake() {
    let reader = state.withLock { state in
      defer { state.reader = nil }
      return state.reader
    }
    reader?.resume()
  }
}
