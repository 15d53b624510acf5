import KubernetesAPI

/// What all pods together and each class of them may use: pure, upstream's rules for `kubepods`, `kubepods/burstable`
/// and `kubepods/besteffort`. Guaranteed pods lie directly below `kubepods`.
package struct NodeGroupPlan: Sendable, Hashable {
  package var pods = ResourceSpec()
  package var burstable = ResourceSpec()
  package var bestEffort = ResourceSpec()

  package init(pods: [Pod], _ allocatable: NodeAllocatable, _ configuration: NodeResourceConfiguration) {
    self.init(claims: pods.map(PodClaim.init), allocatable, configuration)
  }

  package init(claims: [PodClaim], _ allocatable: NodeAllocatable, _ configuration: NodeResourceConfiguration) {
    let asked = claims.filter { $0.qosClass == .burstable }
    burstable.cpuShares = ResourceRules.shares(milli: asked.reduce(0) { $0 + $1.cpuMilli })
    bestEffort.cpuShares = ResourceRules.shares(milli: 0)
    if configuration.enforcesNodeAllocatable {
      pods.cpuShares = ResourceRules.shares(milli: allocatable.cpuMilli)
      pods.memoryLimitBytes = allocatable.podsMemoryBytes
      pods.pidsLimit = allocatable.podsProcesses
    }
    guard configuration.hasMemoryQoS else { return }
    let guaranteed = claims.filter { $0.qosClass == .guaranteed }.reduce(0) { $0 + $1.memoryBytes }
    let burstableBytes = asked.reduce(0) { $0 + $1.memoryBytes }
    burstable.memoryMinimumBytes = burstableBytes
    pods.memoryMinimumBytes = burstableBytes + guaranteed
  }
}

/// What one pod adds to the node's groups.
package struct PodClaim: Sendable, Hashable {
  let qosClass: PodQOSClass
  let cpuMilli: Int
  let memoryBytes: Int

  init(_ pod: Pod) {
    qosClass = pod.qosClass
    let resources = qosClass == .bestEffort ? nil : PodResources(pod)
    cpuMilli = resources?.requestMilli("cpu") ?? 0
    memoryBytes = resources?.request("memory") ?? 0
  }
}

/// The claims of the node's pods, worked out once for each version of a pod: every pod that comes or goes asks for those
/// of all.
struct PodClaims: Sendable {
  private var known: [String: (version: String, claim: PodClaim)] = [:]

  mutating func update(_ pods: [Pod]) -> [PodClaim] {
    var fresh: [String: (version: String, claim: PodClaim)] = [:]
    fresh.reserveCapacity(pods.count)
    for pod in pods {
      let (uid, version) = (pod.uid, pod.resourceVersion)
      // What has no version (a manifest on the node) may change without telling.
      if !version.isEmpty, let entry = known[uid], entry.version == version {
        fresh[uid] = entry
      } else {
        fresh[uid] = (version, PodClaim(pod))
      }
    }
    known = fresh
    return fresh.values.map { $0.claim }
  }
}
