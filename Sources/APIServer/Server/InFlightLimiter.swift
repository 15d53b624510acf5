import Synchronization

/// Bounds the requests that are served at once, reads and writes apart, as upstream's flags do
/// (`--max-requests-inflight`, `--max-mutating-requests-inflight`). Watches and other long requests do not count.
final class InFlightLimiter: Sendable {
  let maximumReadOnly: Int
  let maximumMutating: Int
  private let counts = Mutex((readOnly: 0, mutating: 0))

  init(maximumReadOnly: Int = 400, maximumMutating: Int = 200) {
    self.maximumReadOnly = maximumReadOnly
    self.maximumMutating = maximumMutating
  }

  var inFlight: (readOnly: Int, mutating: Int) { counts.withLock { $0 } }

  /// False when the server is full; true must be followed by `leave`.
  func enter(isReadOnly: Bool) -> Bool {
    counts.withLock { counts in
      if isReadOnly {
        guard counts.readOnly < maximumReadOnly else { return false }
        counts.readOnly += 1
      } else {
        guard counts.mutating < maximumMutating else { return false }
        counts.mutating += 1
      }
      return true
    }
  }

  func leave(isReadOnly: Bool) {
    counts.withLock { counts in
      if isReadOnly { counts.readOnly -= 1 } else { counts.mutating -= 1 }
    }
  }
}
