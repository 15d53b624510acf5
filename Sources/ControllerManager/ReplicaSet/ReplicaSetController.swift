import KubernetesAPI
import KubernetesClient

/// Keeps as many pods alive as each ReplicaSet (or ReplicationController) asks for.
struct ReplicaSetController<Owner: ReplicaOwner>: Controller {
  let name: String
  let queue = WorkQueue<ObjectKey>()
  private let client: KubernetesClient
  private let informers: SharedInformers
  private let owners: Informer<Owner>
  private let recorder: EventRecorder
  private let expectations = Expectations()

  /// `owners` holds the objects of the kind that is kept.
  init(client: KubernetesClient, informers: SharedInformers, owners: Informer<Owner>) {
    self.client = client
    self.informers = informers
    self.owners = owners
    name = "\(Owner.kind.singular)-controller"
    recorder = EventRecorder(client: client, component: name)
  }

  func watch() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await recorder.run() }
      group.addTask { for await change in owners.changes() { queue.add(change.object.key) } }
      group.addTask { for await change in informers.pods.changes() { podChanged(change) } }
      await group.waitForAll()
    }
    queue.shutDown()
  }

  private func podChanged(_ change: InformerChange<Pod>) {
    switch change {
    case .added(let pod):
      owner(of: pod).map { expectations.creationSettled($0) }
      enqueue(pod)
    case .updated(let old, let new):
      if new.isBeingDeleted { owner(of: new).map { expectations.deletionSettled($0, uid: new.uid) } }
      if old.controllerReference?.uid != new.controllerReference?.uid { enqueue(old) }
      enqueue(new)
    case .deleted(let pod):
      owner(of: pod).map { expectations.deletionSettled($0, uid: pod.uid) }
      enqueue(pod)
    }
  }

  private func owner(of pod: Pod) -> ObjectKey? {
    guard let reference = pod.controllerReference, reference.kind == Owner.kind.kind else { return nil }
    return ObjectKey(namespace: pod.namespace, name: reference.name)
  }

  /// Queues the pod's set, or every set that could adopt it.
  private func enqueue(_ pod: Pod) {
    if let owner = owner(of: pod) { return queue.add(owner) }
    guard pod.controllerReference == nil else { return }
    for candidate in owners.list(namespace: pod.namespace)
    where Selector(candidate.asReplicaSet.spec.selector).matches(pod.labels) { queue.add(candidate.key) }
  }

  func reconcile(_ key: ObjectKey) async throws {
    await informers.waitForSync()
    guard let owner = owners.get(key) else { return expectations.forget(key) }
    let replicaSet = owner.asReplicaSet
    let isSettled = expectations.areMet(key, now: Timestamp.now())
    let active = try await claimPods(for: owner, replicaSet)
    var failure: ReplicaSetCondition?
    if isSettled, !replicaSet.isBeingDeleted {
      do {
        try await carryOut(ReplicaSetPlan(replicaSet, active: active), for: owner)
      } catch let status as Status {
        failure = Self.failure(status)
      }
    }
    try await updateStatus(owner, replicaSet, active, failure)
    if failure != nil { queue.addRateLimited(key) }
  }

  /// The set's active pods: those it owns and selects, and those it can adopt. Owned ones that its selector no longer
  /// matches are let go.
  private func claimPods(for owner: Owner, _ replicaSet: ReplicaSet) async throws -> [Pod] {
    var claimed: [Pod] = []
    for pod in informers.pods.list(namespace: replicaSet.namespace) where pod.isActive {
      let matches = Selector(replicaSet.spec.selector).matches(pod.labels)
      switch pod.controllerReference?.uid {
      case replicaSet.uid where matches: claimed.append(pod)
      case replicaSet.uid:
        try await client.patch(Pod.self, pod.key, .strategicMerge(pod.releasePatch(from: owner)))
      case nil where matches && !replicaSet.isBeingDeleted:
        claimed.append(try await client.patch(Pod.self, pod.key, .strategicMerge(pod.adoptionPatch(by: owner))))
      default: continue
      }
    }
    return claimed
  }

  private func carryOut(_ plan: ReplicaSetPlan, for owner: Owner) async throws {
    if plan.creations > 0 {
      try await create(plan.creations, for: owner)
    } else if !plan.deletions.isEmpty {
      try await delete(plan.deletions, for: owner)
    }
  }

  /// Creates in batches that double (1, 2, 4, …), so that an error that hits every pod is met once and not 500 times.
  private func create(_ count: Int, for owner: Owner) async throws {
    expectations.expect(owner.key, creations: count, now: Timestamp.now())
    let pod = owner.asReplicaSet.newPod(owner: owner.asController())
    var left = count
    var batch = 1
    while left > 0 {
      let size = min(batch, left)
      let errors = await concurrently(Array(repeating: pod, count: size)) { pod in
        let created = try await client.create(pod)
        recorder.record(owner, .normal, reason: "SuccessfulCreate", "Created pod: \(created.name)")
      }
      left -= size
      batch *= 2
      guard let error = errors.first else { continue }
      for _ in 0..<(left + errors.count) { expectations.creationSettled(owner.key) }
      recorder.record(owner, .warning, reason: "FailedCreate", "Error creating: \(error)")
      throw error
    }
  }

  private func delete(_ pods: [Pod], for owner: Owner) async throws {
    expectations.expect(owner.key, deletionsOf: pods.map(\.uid), now: Timestamp.now())
    let errors = await concurrently(pods) { pod in
      do {
        try await client.delete(Pod.self, pod.key, DeleteOptions(preconditionUID: pod.uid))
        recorder.record(owner, .normal, reason: "SuccessfulDelete", "Deleted pod: \(pod.name)")
      } catch {
        expectations.deletionSettled(owner.key, uid: pod.uid)
        if (error as? Status)?.reason == .notFound { return }
        recorder.record(owner, .warning, reason: "FailedDelete", "Error deleting: \(error)")
        throw error
      }
    }
    if let error = errors.first { throw error }
  }

  private static func failure(_ status: Status) -> ReplicaSetCondition {
    ReplicaSetCondition {
      $0.type = "ReplicaFailure"
      $0.status = .true
      $0.reason = "FailedCreate"
      $0.message = status.message
      $0.lastTransitionTime = Timestamp.now()
    }
  }

  private func updateStatus(
    _ owner: Owner, _ replicaSet: ReplicaSet, _ pods: [Pod], _ failure: ReplicaSetCondition?
  ) async throws {
    let now = Timestamp.now()
    let status = replicaSet.status(of: pods, failure: failure, now: now)
    if status != replicaSet.status {
      var json = owner.json
      json["status"] = status.json
      try await client.updateStatus(Owner(unchecked: json))
    }
    // A pod becomes available by time alone: look again when the next one does.
    if replicaSet.spec.minReadySeconds > 0, status.readyReplicas != status.availableReplicas {
      queue.add(replicaSet.key, after: .seconds(replicaSet.spec.minReadySeconds))
    }
  }
}

/// Runs `body` for each element at once and returns what failed.
func concurrently<Element: Sendable>(
  _ elements: [Element], _ body: @escaping @Sendable (Element) async throws -> Void
) async -> [any Error] {
  await withTaskGroup(of: (any Error)?.self) { group in
    for element in elements {
      group.addTask {
        do {
          try await body(element)
          return nil
        } catch {
          return error
        }
      }
    }
    return await group.reduce(into: []) { errors, error in if let error { errors.append(error) } }
  }
}
