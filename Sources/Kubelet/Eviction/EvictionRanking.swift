import KubernetesAPI

/// In which order pods go: those above their requests first, then by priority from the lowest, then by how far above
/// their requests they are. Pure, upstream's order.
package enum EvictionRanking {
  package static func order(_ pods: [PodUse], for signal: EvictionSignal) -> [PodUse] {
    pods.map { ($0, Weight($0, signal)) }.sorted { $0.1.goesBefore($1.1) }.map(\.0)
  }

  private struct Weight {
    let exceedsRequest: Bool
    let priority: Int
    let excess: Int
    let uid: String

    init(_ use: PodUse, _ signal: EvictionSignal) {
      let (usage, request) = Self.figures(use, signal)
      // Nobody asks for processes, so all are alike in that.
      exceedsRequest = signal != .pidAvailable && usage > request
      priority = use.pod.spec.priority ?? 0
      excess = usage - request
      uid = use.pod.uid
    }

    private static func figures(_ use: PodUse, _ signal: EvictionSignal) -> (usage: Int, request: Int) {
      let resources = PodResources(use.pod)
      switch signal {
      case .memoryAvailable, .allocatableMemoryAvailable: return (use.memoryBytes, resources.request("memory"))
      case .nodefsAvailable, .imagefsAvailable: return (use.storageBytes, resources.request("ephemeral-storage"))
      case .nodefsInodesFree, .imagefsInodesFree: return (use.inodes, 0)
      case .pidAvailable: return (use.processes, 0)
      }
    }

    func goesBefore(_ other: Weight) -> Bool {
      if exceedsRequest != other.exceedsRequest { return exceedsRequest }
      if priority != other.priority { return priority < other.priority }
      if excess != other.excess { return excess > other.excess }
      return uid < other.uid
    }
  }
}

extension View where Fields == PodFields {
  /// Pods that a node does not evict: static ones, and those of the two system priorities and above.
  var isCritical: Bool {
    let source = self.metadata.annotations["kubernetes.io/config.source"]
    if let source, source != "api" { return true }
    if self.metadata.annotations["kubernetes.io/config.mirror"] != nil { return true }
    return (self.spec.priority ?? 0) >= 2_000_000_000
  }
}
