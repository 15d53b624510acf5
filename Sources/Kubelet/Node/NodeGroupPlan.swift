import KubernetesAPI

/// What all pods together and each class of them may use: pure, upstream's rules for `kubepods`, `kubepods/burstable`
/// and `kubepods/besteffort`. Guaranteed pods lie directly below `kubepods`.
package struct NodeGroupPlan: Sendable, Hashable {
  package var pods = ResourceSpec()
  package var burstable = ResourceSpec()
  package var bestEffort = ResourceSpec()

  package init(pods all: [Pod], _ allocatable: NodeAllocatable, _ configuration: NodeResourceConfiguration) {
    let burstablePods = all.filter { $0.qosClass == .burstable }.map(PodResources.init)
    burstable.cpuShares = ResourceRules.shares(milli: burstablePods.reduce(0) { $0 + $1.requestMilli("cpu") })
    bestEffort.cpuShares = ResourceRules.shares(milli: 0)
    if configuration.enforcesNodeAllocatable {
      pods.cpuShares = ResourceRules.shares(milli: allocatable.cpuMilli)
      pods.memoryLimitBytes = allocatable.podsMemoryBytes
      pods.pidsLimit = allocatable.podsProcesses
    }
    guard configuration.hasMemoryQoS else { return }
    let guaranteed = all.filter { $0.qosClass == .guaranteed }.map { PodResources($0).request("memory") }.reduce(0, +)
    let asked = burstablePods.reduce(0) { $0 + $1.request("memory") }
    burstable.memoryMinimumBytes = asked
    pods.memoryMinimumBytes = asked + guaranteed
  }
}
