import KubernetesAPI

/// Decides what one pod needs next: a value without clock, I/O or `await`. The worker feeds it what happens and does
/// what it says. At no time does it ask for two instances of one container, and no exit goes unseen by it.
package struct PodPlanner: Sendable {
  package internal(set) var state: PodState
  /// When to come back with `.wake`; nil: when something happens.
  package internal(set) var wakeAt: Timestamp?
  var actions: [PodAction] = []

  package init(_ state: PodState) { self.state = state }

  package mutating func handle(_ input: PodInput, now: Timestamp) -> [PodAction] { handle([input], now: now) }

  package mutating func handle(_ inputs: [PodInput], now: Timestamp) -> [PodAction] {
    for input in inputs { take(input, now: now) }
    plan(now: now)
    defer { actions = [] }
    return actions
  }

  private mutating func plan(now: Timestamp) {
    wakeAt = nil
    guard !state.isFinished else { return }
    checkActiveDeadline(now: now)
    driveKills(now: now)
    if state.end == nil { planRunning(now: now) }
    if state.end != nil { planEnd(now: now) }
  }

  mutating func wake(at time: Timestamp) { wakeAt = wakeAt.map { min($0, time) } ?? time }

  mutating func note(_ note: PodNote) { actions.append(.record(note)) }

  mutating func end(_ reason: PodState.End, now: Timestamp) {
    state.end = reason
    state.endedAt = now
  }

  private mutating func checkActiveDeadline(now: Timestamp) {
    guard state.end == nil, let seconds = state.pod.spec.activeDeadlineSeconds else { return }
    let deadline = state.startTime.adding(seconds: seconds)
    guard deadline <= now else { return wake(at: deadline) }
    end(.deadlineExceeded, now: now)
    note(PodNote("DeadlineExceeded", PodPlanner.deadlineMessage))
  }

  static let deadlineMessage = "Pod was active on the node longer than the specified deadline"
}
