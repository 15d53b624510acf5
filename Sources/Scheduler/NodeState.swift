import KubernetesAPI

/// A node as the scheduler sees it: what it offers and what its pods have taken.
package struct NodeState: Sendable {
  package var node: Node?
  package private(set) var requested = ResourceAmounts()
  package private(set) var pods: [ObjectKey: Pod] = [:]
  package private(set) var hostPorts: [HostPortClaim] = []

  package init(node: Node? = nil) { self.node = node }

  package var allocatable: ResourceAmounts { ResourceAmounts(node?.status.allocatable ?? [:]) }

  package mutating func add(_ pod: Pod) {
    remove(pod.key)
    pods[pod.key] = pod
    requested += pod.requestedResources
    hostPorts += pod.hostPorts
  }

  package mutating func remove(_ key: ObjectKey) {
    guard let pod = pods.removeValue(forKey: key) else { return }
    requested -= pod.requestedResources
    for claim in pod.hostPorts {
      if let position = hostPorts.firstIndex(of: claim) { hostPorts.remove(at: position) }
    }
  }
}
