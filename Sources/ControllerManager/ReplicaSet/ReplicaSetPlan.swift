import KubernetesAPI

/// What a ReplicaSet's pods lack or have too much of: pure, from the facts to the wish.
struct ReplicaSetPlan: Equatable {
  /// The most pods made or removed in one round.
  static let burst = 500

  var creations = 0
  var deletions: [Pod] = []

  init(_ replicaSet: ReplicaSet, active: [Pod], siblingsPerNode: [String: Int] = [:]) {
    let wanted = replicaSet.spec.replicas ?? 1
    if active.count < wanted {
      creations = min(wanted - active.count, Self.burst)
    } else if active.count > wanted {
      let ranked = Self.byDispensability(active)
      deletions = Array(ranked.prefix(min(active.count - wanted, Self.burst)))
    }
  }

  /// The pods to lose first come first: without a node, not running, not ready, cheap by annotation, doubled up on a
  /// node, ready for a shorter time, restarted more often, younger (upstream's ActivePodsWithRanks).
  static func byDispensability(_ pods: [Pod]) -> [Pod] {
    let perNode = pods.reduce(into: [:]) { $0[$1.spec.nodeName, default: 0] += 1 }
    return pods.map { (Rank($0, neighbours: perNode[$0.spec.nodeName] ?? 0), $0) }
      .sorted { $0.0 < $1.0 }.map(\.1)
  }

  private struct Rank: Comparable {
    var keys: [Int]

    init(_ pod: Pod, neighbours: Int) {
      let phases: [PodPhase: Int] = [.pending: 0, .unknown: 1, .running: 2]
      let cost = pod.metadata.annotations["controller.kubernetes.io/pod-deletion-cost"].flatMap { Int($0) } ?? 0
      let restarts = pod.status.containerStatuses.map(\.restartCount).max() ?? 0
      keys = [
        pod.spec.nodeName.isEmpty ? 0 : 1, phases[pod.status.phase] ?? 2, pod.isReady ? 1 : 0, cost, -neighbours,
        -(pod.readyCondition?.lastTransitionTime?.secondsSinceEpoch ?? 0), -restarts,
        -(pod.metadata.creationTimestamp?.nanosecondsSinceEpoch ?? 0),
      ]
    }

    static func < (left: Self, right: Self) -> Bool { left.keys.lexicographicallyPrecedes(right.keys) }
  }
}

extension ReplicaSet {
  /// The pod that the set makes, before the server names it.
  func newPod(owner: OwnerReference) -> Pod {
    Pod.make {
      $0.metadata = self.spec.template.metadata
      $0.metadata.generateName = name + "-"
      $0.metadata.namespace = namespace
      $0.metadata.name = ""
      $0.metadata.ownerReferences = [owner]
      $0.spec = self.spec.template.spec
    }
  }

  /// The status that the set's pods amount to; `failure` is the last error of making or removing one.
  func status(of pods: [Pod], failure: ReplicaSetCondition?, now: Timestamp) -> ReplicaSetStatus {
    var status = self.status
    let templateLabels = self.spec.template.metadata.labels
    status.replicas = pods.count
    status.fullyLabeledReplicas = pods.count { pod in templateLabels.allSatisfy { pod.labels[$0.key] == $0.value } }
    status.readyReplicas = pods.count(where: \.isReady)
    status.availableReplicas = pods.count { $0.isAvailable(minReadySeconds: self.spec.minReadySeconds, now: now) }
    status.observedGeneration = metadata.generation
    let known = status.conditions.first { $0.type == "ReplicaFailure" }
    status.conditions.removeAll { $0.type == "ReplicaFailure" }
    if let failure { status.conditions.append(known?.reason == failure.reason ? known! : failure) }
    return status
  }
}
