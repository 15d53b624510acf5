import KubernetesAPI

/// The NoSchedule taints that a node's conditions call for: pure, upstream's table. Taints of others stay.
package struct NodeTaintPlan: Sendable {
  private static let byCondition: [(condition: String, status: ConditionStatus, taint: String)] = [
    ("Ready", .false, "node.kubernetes.io/not-ready"), ("Ready", .unknown, "node.kubernetes.io/unreachable"),
    ("MemoryPressure", .true, "node.kubernetes.io/memory-pressure"),
    ("DiskPressure", .true, "node.kubernetes.io/disk-pressure"),
    ("NetworkUnavailable", .true, "node.kubernetes.io/network-unavailable"),
    ("PIDPressure", .true, "node.kubernetes.io/pid-pressure"),
  ]
  private static let unschedulable = "node.kubernetes.io/unschedulable"

  /// All taints that the node is to have; nil: they are as they should be.
  package let taints: [Taint]?

  package init(_ node: Node) {
    let wanted = Self.wanted(node)
    let own = Set(Self.byCondition.map(\.taint) + [Self.unschedulable])
    let isOwn = { (taint: Taint) in taint.effect == .noSchedule && own.contains(taint.key) }
    let known = node.spec.taints.filter(isOwn).map(\.key)
    guard Set(known) != Set(wanted) else {
      taints = nil
      return
    }
    let kept = node.spec.taints.filter { !isOwn($0) || wanted.contains($0.key) }
    taints = kept + wanted.filter { !known.contains($0) }.map { key in
      Taint {
        $0.key = key
        $0.effect = .noSchedule
      }
    }
  }

  private static func wanted(_ node: Node) -> [String] {
    let conditions = byCondition.filter { entry in
      node.status.conditions.contains { $0.type == entry.condition && $0.status == entry.status }
    }.map(\.taint)
    return conditions + (node.spec.unschedulable ? [unschedulable] : [])
  }
}
