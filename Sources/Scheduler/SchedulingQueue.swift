import KubernetesAPI

/// Pods that wait for a node, as a value: active ones, ones that pause after a failure, and ones that nothing but a
/// change in the cluster can help (upstream's three queues). Times are given in, so tests need no clock.
package struct SchedulingQueue: Sendable {
  package static let initialBackoffSeconds = 1
  package static let maximumBackoffSeconds = 10
  /// An unschedulable pod is tried again after this long, whatever happened.
  package static let unschedulableLimitSeconds = 300

  private struct Waiting: Sendable {
    var pod: Pod
    var priority: Int
    var added: Timestamp
    var attempts = 0
    var place: Place
  }

  private enum Place: Sendable, Equatable {
    case active
    case backoff(until: Timestamp)
    case unschedulable(since: Timestamp)
    /// Handed out by `pop`; `sawChange` when the cluster changed meanwhile.
    case inFlight(sawChange: Bool)
  }

  private var pods: [ObjectKey: Waiting] = [:]

  package init() {}

  package var isEmpty: Bool { pods.isEmpty }

  /// A new or changed pod without a node.
  package mutating func add(_ pod: Pod, now: Timestamp) {
    let priority = pod.spec.priority ?? 0
    guard var known = pods[pod.key], known.pod.uid == pod.uid else {
      pods[pod.key] = Waiting(pod: pod, priority: priority, added: now, place: .active)
      return
    }
    let isSpecChanged = known.pod.spec != pod.spec || known.pod.labels != pod.labels
    known.pod = pod
    if isSpecChanged, case .unschedulable = known.place { known.place = .active }
    pods[pod.key] = known
  }

  package mutating func remove(_ key: ObjectKey) { pods[key] = nil }

  /// The pod to try next: highest priority, then longest waiting. It stays in flight until `succeeded`, `failed` or
  /// `remove`.
  package mutating func pop(now: Timestamp) -> Pod? {
    wakeDue(now)
    let best = pods.filter { $0.value.place == .active }.min {
      ($1.value.priority, $0.value.added, $0.key.description) < ($0.value.priority, $1.value.added, $1.key.description)
    }
    guard let best else { return nil }
    pods[best.key]?.place = .inFlight(sawChange: false)
    pods[best.key]?.attempts += 1
    return best.value.pod
  }

  package mutating func succeeded(_ key: ObjectKey) { pods[key] = nil }

  /// No node fits: wait for a change; after a change that came meanwhile, or with `isTransient`, only pause.
  package mutating func failed(_ key: ObjectKey, isTransient: Bool, now: Timestamp) {
    guard var waiting = pods[key], case .inFlight(let sawChange) = waiting.place else { return }
    waiting.place =
      isTransient || sawChange ? .backoff(until: backoffEnd(waiting, now)) : .unschedulable(since: now)
    pods[key] = waiting
  }

  /// Something in the cluster changed that may help: unschedulable pods come back, after their pause.
  package mutating func clusterChanged(now: Timestamp) {
    for (key, waiting) in pods {
      switch waiting.place {
      case .unschedulable(let since):
        let end = backoffEnd(waiting, since)
        pods[key]?.place = end <= now ? .active : .backoff(until: end)
      case .inFlight: pods[key]?.place = .inFlight(sawChange: true)
      case .active, .backoff: break
      }
    }
  }

  /// When `pop` may have something that it does not have now.
  package func nextWake() -> Timestamp? {
    pods.values.compactMap { waiting in
      switch waiting.place {
      case .backoff(let until): until
      case .unschedulable(let since): since.adding(seconds: Self.unschedulableLimitSeconds)
      case .active, .inFlight: nil
      }
    }.min()
  }

  private mutating func wakeDue(_ now: Timestamp) {
    for (key, waiting) in pods {
      switch waiting.place {
      case .backoff(let until) where until <= now: pods[key]?.place = .active
      case .unschedulable(let since) where since.adding(seconds: Self.unschedulableLimitSeconds) <= now:
        pods[key]?.place = .active
      default: break
      }
    }
  }

  private func backoffEnd(_ waiting: Waiting, _ start: Timestamp) -> Timestamp {
    let doubled = Self.initialBackoffSeconds << min(waiting.attempts - 1, 10)
    return start.adding(seconds: min(doubled, Self.maximumBackoffSeconds))
  }
}
