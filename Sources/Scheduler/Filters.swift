import KubernetesAPI

/// Why a node cannot take a pod, in upstream's words.
package struct Rejection: Sendable, Hashable {
  package var reason: String
  /// Removing other pods could not change it.
  package var isUnresolvable: Bool

  package init(_ reason: String, isUnresolvable: Bool = false) {
    self.reason = reason
    self.isUnresolvable = isUnresolvable
  }
}

/// The filter plugins: pure questions to one node, asked in upstream's order, the first one that says no decides.
package enum Filters {
  package typealias Filter = @Sendable (Pod, NodeState) -> [Rejection]

  package static let all: [Filter] = [nodeUnschedulable, nodeName, taints, nodeAffinity, nodePorts, resourcesFit]

  /// Empty when the node can take the pod.
  package static func rejections(_ pod: Pod, _ state: NodeState) -> [Rejection] {
    for filter in all {
      let rejections = filter(pod, state)
      if !rejections.isEmpty { return rejections }
    }
    return []
  }

  package static let nodeUnschedulable: Filter = { pod, state in
    let taint = Taint {
      $0.key = "node.kubernetes.io/unschedulable"
      $0.effect = .noSchedule
    }
    guard state.node?.spec.unschedulable == true, !pod.spec.tolerations.contains(where: { $0.tolerates(taint) })
    else { return [] }
    return [Rejection("node(s) were unschedulable", isUnresolvable: true)]
  }

  package static let nodeName: Filter = { pod, state in
    guard !pod.spec.nodeName.isEmpty, pod.spec.nodeName != state.node?.name else { return [] }
    return [Rejection("node(s) didn't match the requested node name", isUnresolvable: true)]
  }

  package static let taints: Filter = { pod, state in
    let untolerated = state.node?.spec.taints.first { taint in
      taint.effect != .preferNoSchedule && !pod.spec.tolerations.contains { $0.tolerates(taint) }
    }
    guard let untolerated else { return [] }
    return [
      Rejection("node(s) had untolerated taint {\(untolerated.key): \(untolerated.value)}", isUnresolvable: true)
    ]
  }

  package static let nodeAffinity: Filter = { pod, state in
    guard let node = state.node, !NodeAffinityMatch.isRequiredMet(pod, node) else { return [] }
    return [Rejection("node(s) didn't match Pod's node affinity/selector", isUnresolvable: true)]
  }

  package static let nodePorts: Filter = { pod, state in
    let isTaken = pod.hostPorts.contains { wanted in state.hostPorts.contains { $0.conflicts(with: wanted) } }
    return isTaken ? [Rejection("node(s) didn't have free ports for the requested pod ports")] : []
  }

  package static let resourcesFit: Filter = { pod, state in
    let wanted = pod.requestedResources
    let offered = state.allocatable
    let taken = state.requested
    var rejections: [Rejection] = []
    func check(_ name: String, _ wanted: Int, _ offered: Int, _ taken: Int) {
      guard wanted > 0, wanted > offered - taken else { return }
      rejections.append(Rejection("Insufficient \(name)", isUnresolvable: wanted > offered))
    }
    if taken.pods + 1 > offered.pods { rejections.append(Rejection("Too many pods")) }
    check("cpu", wanted.milliCPU, offered.milliCPU, taken.milliCPU)
    check("memory", wanted.memoryBytes, offered.memoryBytes, taken.memoryBytes)
    check("ephemeral-storage", wanted.ephemeralStorageBytes, offered.ephemeralStorageBytes, taken.ephemeralStorageBytes)
    for (name, amount) in wanted.others.sorted(by: { $0.key < $1.key }) {
      check(name, amount, offered.others[name] ?? 0, taken.others[name] ?? 0)
    }
    return rejections
  }
}

extension Toleration {
  /// Whether this toleration covers a taint (upstream's rules: an empty key with Exists covers all).
  package func tolerates(_ taint: Taint) -> Bool {
    if let effect = self.effect, effect != taint.effect { return false }
    if !self.key.isEmpty, self.key != taint.key { return false }
    switch self.operator {
    case .exists: return true
    case .equal: return !self.key.isEmpty && self.value == taint.value
    }
  }
}
