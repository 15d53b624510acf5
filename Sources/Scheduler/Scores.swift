import KubernetesAPI

/// The score plugins: how well a node that can take a pod suits it; 0 to 100 each, weighted as upstream's defaults.
package enum Scores {
  package static func total(_ pod: Pod, _ state: NodeState) -> Int {
    let balance = leastAllocated(pod, state) + balancedAllocation(pod, state)
    return balance + 3 * preferredTaints(pod, state) + 2 * preferredAffinity(pod, state)
  }

  /// More room left scores higher.
  package static func leastAllocated(_ pod: Pod, _ state: NodeState) -> Int {
    let fractions = usedFractions(pod, state)
    return Int(fractions.map { (1 - $0) * 100 }.reduce(0, +) / Double(fractions.count))
  }

  /// Cpu and memory used alike scores higher.
  package static func balancedAllocation(_ pod: Pod, _ state: NodeState) -> Int {
    let fractions = usedFractions(pod, state)
    return Int((1 - abs(fractions[0] - fractions[1]) / 2) * 100)
  }

  package static func preferredTaints(_ pod: Pod, _ state: NodeState) -> Int {
    let untolerated = (state.node?.spec.taints ?? []).filter { taint in
      taint.effect == .preferNoSchedule && !pod.spec.tolerations.contains { $0.tolerates(taint) }
    }
    return max(0, 100 - 10 * untolerated.count)
  }

  package static func preferredAffinity(_ pod: Pod, _ state: NodeState) -> Int {
    state.node.map { min(100, NodeAffinityMatch.preferredWeight(pod, $0)) } ?? 0
  }

  /// The shares of cpu and memory that are taken with the pod on the node; pods without requests count as upstream's
  /// minimum of 100m and 200Mi, so that they spread too.
  private static func usedFractions(_ pod: Pod, _ state: NodeState) -> [Double] {
    let wanted = pod.requestedResources
    let offered = state.allocatable
    func fraction(_ taken: Int, _ wanted: Int, _ offered: Int) -> Double {
      offered <= 0 ? 1 : min(1, Double(taken + wanted) / Double(offered))
    }
    let cpu = fraction(state.requested.milliCPU, max(wanted.milliCPU, 100), offered.milliCPU)
    let memory = fraction(state.requested.memoryBytes, max(wanted.memoryBytes, 200 << 20), offered.memoryBytes)
    return [cpu, memory]
  }
}
