import KubernetesAPI
import KubernetesClient

/// Rolls Deployments out: one ReplicaSet per template, sized step by step by `DeploymentPlan`.
struct DeploymentController: Controller {
  let name = "deployment-controller"
  let queue = WorkQueue<ObjectKey>()
  private let client: KubernetesClient
  private let informers: SharedInformers
  private let recorder: EventRecorder

  init(client: KubernetesClient, informers: SharedInformers) {
    self.client = client
    self.informers = informers
    recorder = EventRecorder(client: client, component: name)
  }

  func watch() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await recorder.run() }
      group.addTask { for await change in informers.deployments.changes() { queue.add(change.object.key) } }
      group.addTask {
        for await change in informers.replicaSets.changes() {
          if case .updated(let old, _) = change { enqueue(old) }
          enqueue(change.object)
        }
      }
      group.addTask {
        // Only the last pod of an old template going matters, and only to Recreate.
        for await change in informers.pods.changes() { if case .deleted(let pod) = change { podGone(pod) } }
      }
      await group.waitForAll()
    }
    queue.shutDown()
  }

  private func enqueue(_ replicaSet: ReplicaSet) {
    if let owner = replicaSet.controllerReference {
      if owner.kind == Deployment.kind.kind { queue.add(ObjectKey(namespace: replicaSet.namespace, name: owner.name)) }
      return
    }
    for candidate in informers.deployments.list(namespace: replicaSet.namespace)
    where Selector(candidate.spec.selector).matches(replicaSet.labels) { queue.add(candidate.key) }
  }

  private func podGone(_ pod: Pod) {
    guard let owner = pod.controllerReference, owner.kind == ReplicaSet.kind.kind,
      let set = informers.replicaSets.get(ObjectKey(namespace: pod.namespace, name: owner.name)),
      let deployment = set.controllerReference
    else { return }
    let key = ObjectKey(namespace: pod.namespace, name: deployment.name)
    if informers.deployments.get(key)?.isRecreate == true { queue.add(key) }
  }

  func reconcile(_ key: ObjectKey) async throws {
    await informers.waitForSync()
    guard let deployment = informers.deployments.get(key) else { return }
    let sets = try await claimReplicaSets(for: deployment)
    if deployment.isBeingDeleted {
      return try await updateStatus(deployment, DeploymentRevision.current(deployment, among: sets), sets)
    }
    guard let current = try await currentSet(deployment, sets) else { return }
    let old = sets.filter { $0.uid != current.uid }
    let plan = DeploymentPlan(deployment, current: current, old: old, areOldPodsGone: areGone(old))
    var all = [current] + old
    for scaling in plan.scalings {
      let scaled = try await scale(scaling, deployment)
      all = all.map { $0.uid == scaled.uid ? scaled : $0 }
    }
    if plan.scalings.isEmpty { try await cleanHistory(deployment, old) }
    try await updateStatus(deployment, all.first { $0.uid == current.uid }, all)
  }

  // MARK: ReplicaSets

  private func claimReplicaSets(for deployment: Deployment) async throws -> [ReplicaSet] {
    var claimed: [ReplicaSet] = []
    for set in informers.replicaSets.list(namespace: deployment.namespace) {
      let matches = Selector(deployment.spec.selector).matches(set.labels)
      switch set.controllerReference?.uid {
      case deployment.uid where matches: claimed.append(set)
      case deployment.uid:
        try await client.patch(ReplicaSet.self, set.key, .strategicMerge(set.releasePatch(from: deployment)))
      case nil where matches && !deployment.isBeingDeleted && !set.isBeingDeleted:
        let patch = Patch.strategicMerge(set.adoptionPatch(by: deployment))
        claimed.append(try await client.patch(ReplicaSet.self, set.key, patch))
      default: continue
      }
    }
    return claimed
  }

  /// The set of the present template with its revision up to date, made when there is none. Nil while a paused
  /// Deployment has none, or when a name was taken and another is tried.
  private func currentSet(_ deployment: Deployment, _ sets: [ReplicaSet]) async throws -> ReplicaSet? {
    let newest = sets.filter { !DeploymentRevision.runs($0, deployment.spec.template) }
      .map(DeploymentRevision.number).max() ?? 0
    guard let known = DeploymentRevision.current(deployment, among: sets) else {
      return try await create(deployment, revision: newest + 1, others: sets)
    }
    let revision = max(DeploymentRevision.number(known), newest + 1)
    try await recordRevision(revision, deployment)
    let annotations = Self.annotations(deployment, revision: revision, known: known)
    guard annotations != known.metadata.annotations || known.spec.minReadySeconds != deployment.spec.minReadySeconds
    else { return known }
    var changed = known
    changed.metadata.annotations = annotations
    changed.spec.minReadySeconds = deployment.spec.minReadySeconds
    return try await client.update(changed)
  }

  private func create(_ deployment: Deployment, revision: Int, others: [ReplicaSet]) async throws -> ReplicaSet? {
    let hash = DeploymentRevision.hash(deployment.spec.template, collisions: deployment.status.collisionCount)
    var set = ReplicaSet.make {
      $0.metadata.name = "\(deployment.name)-\(hash)"
      $0.metadata.namespace = deployment.namespace
      $0.metadata.labels = deployment.spec.template.metadata.labels
      $0.metadata.labels[DeploymentRevision.hashLabel] = hash
      $0.metadata.ownerReferences = [deployment.asController()]
      $0.spec.minReadySeconds = deployment.spec.minReadySeconds
      $0.spec.selector = deployment.spec.selector
      $0.spec.selector.matchLabels[DeploymentRevision.hashLabel] = hash
      $0.spec.template = deployment.spec.template
      $0.spec.template.metadata.labels[DeploymentRevision.hashLabel] = hash
    }
    set.spec.replicas = initialReplicas(deployment, others)
    set.metadata.annotations = Self.annotations(deployment, revision: revision, known: nil)
    do {
      let created = try await client.create(set)
      let size = created.spec.replicas ?? 0
      if size > 0 {
        recorder.record(
          deployment, .normal, reason: "ScalingReplicaSet",
          "Scaled up replica set \(created.name) from 0 to \(size)")
      }
      try await recordRevision(revision, deployment)
      return created
    } catch let status as Status where status.reason == .alreadyExists {
      return try await resolveCollision(deployment, set)
    }
  }

  /// How many replicas a new set starts with: all that fit under the surge.
  private func initialReplicas(_ deployment: Deployment, _ others: [ReplicaSet]) -> Int {
    let replicas = deployment.spec.replicas ?? 1
    let running = others.reduce(0) { $0 + ($1.spec.replicas ?? 0) }
    if deployment.isRecreate { return running > 0 || !areGone(others) ? 0 : replicas }
    return max(0, min(replicas, replicas + deployment.rolloutBounds.maxSurge - running))
  }

  /// The name is taken: by our own set that the copy does not show yet, or by another template with the same hash.
  private func resolveCollision(_ deployment: Deployment, _ set: ReplicaSet) async throws -> ReplicaSet? {
    let known = try await client.get(ReplicaSet.self, set.key)
    if known.controllerReference?.uid == deployment.uid, DeploymentRevision.runs(known, deployment.spec.template) {
      return known
    }
    var changed = deployment
    changed.status.collisionCount = (deployment.status.collisionCount ?? 0) + 1
    try await client.updateStatus(changed)
    return nil
  }

  private func recordRevision(_ revision: Int, _ deployment: Deployment) async throws {
    guard deployment.metadata.annotations[DeploymentRevision.annotation] != String(revision) else { return }
    let patch: JSON = ["metadata": ["annotations": [DeploymentRevision.annotation: .string(String(revision))]]]
    try await client.patch(Deployment.self, deployment.key, .merge(patch))
  }

  /// The Deployment's own annotations go along with its set, but not those that describe the Deployment itself.
  private static func annotations(
    _ deployment: Deployment, revision: Int, known: ReplicaSet?
  ) -> [String: String] {
    var annotations = known?.metadata.annotations ?? [:]
    let own: Set = [
      "kubectl.kubernetes.io/last-applied-configuration", DeploymentRevision.annotation,
      DeploymentRevision.historyAnnotation, DeploymentRevision.desiredAnnotation, DeploymentRevision.maximumAnnotation,
      "deprecated.deployment.rollback.to",
    ]
    for (key, value) in deployment.metadata.annotations where !own.contains(key) { annotations[key] = value }
    let before = annotations[DeploymentRevision.annotation]
    if let before, before != String(revision) {
      let history = annotations[DeploymentRevision.historyAnnotation]
      annotations[DeploymentRevision.historyAnnotation] = history.map { "\($0),\(before)" } ?? before
    }
    annotations[DeploymentRevision.annotation] = String(revision)
    return annotations.merging(sizes(deployment)) { $1 }
  }

  private static func sizes(_ deployment: Deployment) -> [String: String] {
    let replicas = deployment.spec.replicas ?? 1
    return [
      DeploymentRevision.desiredAnnotation: String(replicas),
      DeploymentRevision.maximumAnnotation: String(replicas + deployment.rolloutBounds.maxSurge),
    ]
  }

  private func scale(_ scaling: DeploymentPlan.Scaling, _ deployment: Deployment) async throws -> ReplicaSet {
    var set = scaling.replicaSet
    let before = set.spec.replicas ?? 0
    set.spec.replicas = scaling.replicas
    set.metadata.annotations.merge(Self.sizes(deployment)) { $1 }
    let scaled = try await client.update(set)
    let direction = before < scaling.replicas ? "up" : "down"
    recorder.record(
      deployment, .normal, reason: "ScalingReplicaSet",
      "Scaled \(direction) replica set \(set.name) from \(before) to \(scaling.replicas)")
    return scaled
  }

  private func areGone(_ sets: [ReplicaSet]) -> Bool {
    let uids = Set(sets.map(\.uid))
    guard let namespace = sets.first?.namespace else { return true }
    return !informers.pods.list(namespace: namespace).contains { pod in
      !pod.isFinished && pod.controllerReference.map { uids.contains($0.uid) } == true
    }
  }

  /// Removes empty old sets beyond `revisionHistoryLimit`, the lowest revisions first.
  private func cleanHistory(_ deployment: Deployment, _ old: [ReplicaSet]) async throws {
    let empty = old.filter {
      ($0.spec.replicas ?? 0) == 0 && $0.status.replicas == 0 && !$0.isBeingDeleted
        && $0.metadata.generation <= $0.status.observedGeneration
    }
    let excess = empty.count - (deployment.spec.revisionHistoryLimit ?? 10)
    guard excess > 0 else { return }
    let sorted = empty.sorted { DeploymentRevision.number($0) < DeploymentRevision.number($1) }
    for set in sorted.prefix(excess) {
      try await client.delete(ReplicaSet.self, set.key, DeleteOptions(preconditionUID: set.uid))
    }
  }

  // MARK: Status

  private func updateStatus(_ deployment: Deployment, _ current: ReplicaSet?, _ all: [ReplicaSet]) async throws {
    let plan = DeploymentStatusPlan(deployment, current: current, all: all, now: Timestamp.now())
    let status = plan.status()
    if status != deployment.status {
      // The revision annotation may have been written a moment ago: only the status goes out, whatever the version.
      var changed = deployment
      changed.status = status
      changed.metadata.resourceVersion = ""
      try await client.updateStatus(changed)
    }
    guard let deadline = deployment.spec.progressDeadlineSeconds else { return }
    let progress = status.conditions.first { $0.type == "Progressing" }
    if progress?.reason == "ReplicaSetUpdated" { queue.add(deployment.key, after: .seconds(deadline + 1)) }
  }
}
