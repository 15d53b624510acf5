import KubernetesAPI

/// How long a container (or an image pull) waits after a failure: 10 s, doubling up to a bound, forgotten after twice
/// the bound without a failure. The delay counts from the failure, as upstream counts it.
package struct RestartBackoff: Sendable, Hashable {
  package static let initialSeconds = 10

  package var maximumSeconds: Int
  /// What the next failure has to wait; 0: nothing has failed yet, so the first retry is immediate.
  package private(set) var delaySeconds = 0
  private var updatedAt = Timestamp.zero

  package init(maximumSeconds: Int = 300) { self.maximumSeconds = maximumSeconds }

  /// When the failure at `failedAt` may be retried.
  package func retryAt(failedAt: Timestamp) -> Timestamp {
    isForgotten(at: failedAt) ? failedAt : failedAt.adding(seconds: delaySeconds)
  }

  /// Counts a retry made at `now` after the failure at `failedAt`.
  package mutating func retried(failedAt: Timestamp, now: Timestamp) {
    let isFresh = delaySeconds == 0 || isForgotten(at: failedAt)
    delaySeconds = min(isFresh ? Self.initialSeconds : delaySeconds * 2, maximumSeconds)
    updatedAt = now
  }

  /// The back-off of a container that this agent finds in its nth attempt: what the agent before it must have reached.
  package static func recovered(attempt: Int, startedAt: Timestamp, maximumSeconds: Int) -> RestartBackoff {
    var backoff = RestartBackoff(maximumSeconds: maximumSeconds)
    for _ in 0..<min(attempt, 16) { backoff.retried(failedAt: startedAt, now: startedAt) }
    return backoff
  }

  private func isForgotten(at failedAt: Timestamp) -> Bool {
    failedAt.secondsSinceEpoch - updatedAt.secondsSinceEpoch > 2 * maximumSeconds
  }
}
