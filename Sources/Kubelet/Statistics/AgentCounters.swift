import KubernetesAPI
import Synchronization

/// What the agent counts of its own work while it works: probes, starts, evictions. Reading is for whoever asks.
package final class AgentCounters: Sendable {
  package struct ProbeKey: Hashable, Sendable {
    package var podUID: String
    package var container: String
    package var kind: ProbeWorker.Kind
    /// `successful`, `failed` or `unknown`.
    package var result: String
  }

  package struct Counts: Sendable {
    package var probes: [ProbeKey: Int] = [:]
    package var evictions: [String: Int] = [:]
    package var startedPods = 0
    /// Of the machine's last going down; nil: none yet.
    package var shutdownBegan: Timestamp?
    package var shutdownEnded: Timestamp?
    package var startedContainers = 0
    package var podStart = DurationHistogram(bounds: AgentCounters.startBounds)
    package var podWorker = DurationHistogram(bounds: AgentCounters.workerBounds)
  }

  /// Upstream's bounds.
  package static let startBounds: [Double] = [
    0.5, 1, 2, 3, 4, 5, 6, 8, 10, 20, 30, 45, 60, 120, 180, 240, 300, 360, 480, 600, 900, 1200, 1800, 2700, 3600,
  ]
  package static let workerBounds: [Double] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

  private let counts = Mutex(Counts())

  package init() {}

  package var current: Counts { counts.withLock { $0 } }

  func probed(podUID: String, container: String, _ kind: ProbeWorker.Kind, _ finding: ProbeWorker.Finding?) {
    let result =
      switch finding {
      case .success, .warning: "successful"
      case .failure: "failed"
      case nil: "unknown"
      }
    counts.withLock { $0.probes[ProbeKey(podUID: podUID, container: container, kind: kind, result: result), default: 0] += 1 }
  }

  /// What is counted of a pod goes with it.
  func forget(podUID: String) {
    counts.withLock { $0.probes = $0.probes.filter { $0.key.podUID != podUID } }
  }

  func evicted(_ signal: String) { counts.withLock { $0.evictions[signal, default: 0] += 1 } }

  func shutdownBegins(_ time: Timestamp) { counts.withLock { $0.shutdownBegan = time } }

  func shutdownEnds(_ time: Timestamp) { counts.withLock { $0.shutdownEnded = time } }

  func podStarted() { counts.withLock { $0.startedPods += 1 } }

  func containerStarted() { counts.withLock { $0.startedContainers += 1 } }

  func podRuns(afterSeconds seconds: Double) { counts.withLock { $0.podStart.observe(seconds: seconds) } }

  func workerStep(seconds: Double) { counts.withLock { $0.podWorker.observe(seconds: seconds) } }
}
