import KubernetesAPI

/// One probe of one container instance, as a state machine without clock or I/O: it says when to probe next and what a
/// run of results amounts to. Upstream's worker (pkg/kubelet/prober) gives the rules.
package struct ProbeWorker: Sendable {
  package enum Kind: String, Sendable, Hashable {
    case liveness = "Liveness"
    case readiness = "Readiness"
    case startup = "Startup"
  }

  /// The numbers of a probe, after defaults.
  package struct Timing: Sendable, Hashable {
    package var initialDelaySeconds = 0
    package var periodSeconds = 10
    package var timeoutSeconds = 1
    package var successThreshold = 1
    package var failureThreshold = 3

    package init() {}
  }

  /// What one probe found.
  package enum Finding: Sendable, Hashable {
    case success
    /// Counts as a success; `output` is what the event says after `probe warning: `.
    case warning(output: String)
    /// `output` is what the event says after `probe failed: `.
    case failure(output: String)

    var isSuccess: Bool { if case .failure = self { false } else { true } }
  }

  package enum Result: Sendable, Hashable {
    case success
    case failure
  }

  package let kind: Kind
  package let timing: Timing
  /// Nil until a threshold is reached for the first time.
  package private(set) var result: Result?
  private var lastWasSuccess: Bool?
  private var run = 0
  /// No probes until the container is a new one: after a liveness or startup failure.
  package private(set) var isOnHold = false
  package private(set) var nextAt: Timestamp

  /// `initial` is a result carried over from the API object, for a container that this agent finds running.
  package init(kind: Kind, timing: Timing, startedAt: Timestamp, now: Timestamp, initial: Result? = nil) {
    self.kind = kind
    self.timing = timing
    result = initial
    nextAt = max(startedAt.adding(seconds: timing.initialDelaySeconds), now)
  }

  /// Takes a finding; returns the new result when it changed.
  package mutating func handle(_ finding: Finding, now: Timestamp) -> Result? {
    nextAt = now.adding(seconds: timing.periodSeconds)
    let isSuccess = finding.isSuccess
    run = lastWasSuccess == isSuccess ? run + 1 : 1
    lastWasSuccess = isSuccess
    guard run >= (isSuccess ? timing.successThreshold : timing.failureThreshold) else { return nil }
    return settle(isSuccess ? .success : .failure)
  }

  private mutating func settle(_ new: Result) -> Result? {
    if kind != .readiness, new == .failure {
      isOnHold = true
      run = 0
    }
    if kind == .startup, new == .success { isOnHold = true }
    guard result != new else { return nil }
    result = new
    return new
  }
}
