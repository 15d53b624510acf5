import KubernetesAPI
import KubernetesClient

/// Wall time that never jumps: the wall clock at start, carried on by the monotonic one. Deadlines and back-offs are
/// decided on it, so that setting the node's clock neither fires nor stalls them.
package struct SteadyClock: Sendable {
  private let wall: Timestamp
  private let instant: ContinuousClock.Instant

  package init(wall: Timestamp = .now(), instant: ContinuousClock.Instant = .now) {
    self.wall = wall
    self.instant = instant
  }

  package func now() -> Timestamp { at(.now) }

  func at(_ moment: ContinuousClock.Instant) -> Timestamp {
    let (seconds, attoseconds) = (moment - instant).components
    return Timestamp(
      nanosecondsSinceEpoch: wall.nanosecondsSinceEpoch + Int(seconds) * 1_000_000_000 + Int(attoseconds)
        / 1_000_000_000)
  }

  func instant(of time: Timestamp) -> ContinuousClock.Instant {
    instant + .nanoseconds(time.nanosecondsSinceEpoch - wall.nanosecondsSinceEpoch)
  }
}
