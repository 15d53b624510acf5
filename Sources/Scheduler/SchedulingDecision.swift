import KubernetesAPI

/// What comes of one look at all nodes for one pod.
package enum SchedulingDecision: Sendable, Equatable {
  case bind(node: String)
  /// No node fits; the text is upstream's FailedScheduling message.
  case unschedulable(message: String)

  /// Filters, then scores; ties go to the name that sorts first, so that the same cluster gives the same answer.
  package static func decide(_ pod: Pod, _ nodes: [String: NodeState]) -> SchedulingDecision {
    let known = nodes.filter { $0.value.node != nil }
    guard !known.isEmpty else { return .unschedulable(message: "no nodes available to schedule pods") }
    var best: (name: String, score: Int)?
    var rejected: [[Rejection]] = []
    for (name, state) in known {
      let rejections = Filters.rejections(pod, state)
      guard rejections.isEmpty else {
        rejected.append(rejections)
        continue
      }
      let score = Scores.total(pod, state)
      if best == nil || (score, best!.name) > (best!.score, name) { best = (name, score) }
    }
    if let best { return .bind(node: best.name) }
    return .unschedulable(message: message(rejected))
  }

  private static func message(_ rejected: [[Rejection]]) -> String {
    let total = rejected.count
    let unresolvable = rejected.count { $0.contains(where: \.isUnresolvable) }
    var preemption = ["Preemption is not helpful for scheduling": unresolvable]
    preemption["No preemption victims found for incoming pod"] = total - unresolvable
    let reasons = rejected.flatMap { $0 }.reduce(into: [:]) { $0[$1.reason, default: 0] += 1 }
    return "0/\(total) nodes are available: \(histogram(reasons)). "
      + "preemption: 0/\(total) nodes are available: \(histogram(preemption))."
  }

  private static func histogram(_ counts: [String: Int]) -> String {
    counts.filter { $0.value > 0 }.map { "\($0.value) \($0.key)" }.sorted().joined(separator: ", ")
  }
}
