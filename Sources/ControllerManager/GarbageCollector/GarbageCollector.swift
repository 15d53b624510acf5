import KubernetesAPI
import KubernetesClient

/// Removes objects whose owners are gone, and carries out foreground and orphaning deletion (`OwnershipGraph` decides).
actor GarbageCollector {
  private let client: KubernetesClient
  private let kinds: [any KindFields.Type]
  private let served: [Kind]
  private let onDeletion: @Sendable (ObjectKey) -> Void
  private var graph = OwnershipGraph()
  private let actions: AsyncStream<OwnershipGraph.Action>
  private let continuation: AsyncStream<OwnershipGraph.Action>.Continuation

  /// `kinds` are all that is served; Events are left out, since nothing owns them. `onDeletion` hears of every object
  /// that is gone.
  init(
    client: KubernetesClient, kinds: [any KindFields.Type], onDeletion: @escaping @Sendable (ObjectKey) -> Void
  ) {
    self.client = client
    self.onDeletion = onDeletion
    self.kinds = kinds.filter { $0.schema.kind?.kind != "Event" }
    served = kinds.compactMap { $0.schema.kind }
    // Bounded by the graph: an object has at most one action for each of its states.
    (actions, continuation) = AsyncStream.makeStream()
  }

  func run() async {
    await withTaskGroup(of: Void.self) { group in
      for kind in kinds { addWatch(of: kind, to: &group) }
      group.addTask { await self.carryOut() }
      await group.waitForAll()
    }
  }

  private func addWatch<Fields: KindFields>(of _: Fields.Type, to group: inout TaskGroup<Void>) {
    let informer = Informer<View<Fields>>(client: client)
    group.addTask { await informer.run() }
    group.addTask { for await change in informer.changes() { await self.observe(change) } }
  }

  private func observe<Object: APIObject>(_ change: InformerChange<Object>) {
    let object = change.object
    let identity = OwnershipGraph.Identity(kind: Object.kind, key: object.key, uid: object.uid)
    switch change {
    case .added, .updated: enqueue(graph.observe(identity, object.metadata))
    case .deleted:
      enqueue(graph.forget(identity))
      onDeletion(object.key)
    }
  }

  private func enqueue(_ actions: [OwnershipGraph.Action]) { for action in actions { continuation.yield(action) } }

  /// Several at a time: a failing one pauses itself, not the others.
  private func carryOut() async {
    await withDiscardingTaskGroup { group in
      for await action in actions { group.addTask { await self.retry(action) } }
    }
  }

  private static let attempts = 10

  private func retry(_ action: OwnershipGraph.Action) async {
    var backoff = Backoff(initial: .milliseconds(20), maximum: .seconds(10))
    for _ in 0..<Self.attempts where !Task.isCancelled {
      do {
        return try await perform(action)
      } catch let status as Status where status.reason == .notFound {
        return
      } catch {
        try? await Task.sleep(for: backoff.next())
      }
    }
  }

  private func perform(_ action: OwnershipGraph.Action) async throws {
    switch action {
    case .deleteInBackground(let target): try await delete(target, .background)
    case .deleteInForeground(let target): try await delete(target, .foreground)
    case .removeFinalizer(let target, let finalizer):
      try await client.transport.removeFinalizer(finalizer, from: target)
    case .removeOwner(let target, let ownerUID):
      let patch: JSON = ["metadata": ["ownerReferences": [["$patch": "delete", "uid": .string(ownerUID)]]]]
      _ = try await client.transport.patch(target.kind, target.key, .strategicMerge(patch), subresource: nil)
    case .verifyOwner(let dependent, let owner): try await verify(owner, of: dependent)
    }
  }

  private func delete(_ target: OwnershipGraph.Identity, _ propagation: DeleteOptions.Propagation) async throws {
    let options = DeleteOptions(propagation: propagation, preconditionUID: target.uid)
    try await client.transport.delete(target.kind, target.key, options)
  }

  /// An owner of a kind that is not served here cannot be judged: its dependents stay.
  private func verify(_ owner: OwnerReference, of dependent: OwnershipGraph.Identity) async throws {
    let kind = served.first { $0.apiVersion == owner.apiVersion && $0.kind == owner.kind }
    guard let kind else { return }
    let key = ObjectKey(namespace: kind.isNamespaced ? dependent.key.namespace : "", name: owner.name)
    do {
      let found = try await client.transport.get(kind, key)
      if found[path: "metadata", "uid"]?.stringValue == owner.uid { return }
    } catch let status as Status where status.reason == .notFound {
      // Absent, as it is below when another object has the name now.
    }
    enqueue(graph.ownerIsAbsent(owner.uid))
  }
}

extension APITransport {
  /// Reads, takes the finalizer off and writes back, guarded by the version read.
  fileprivate func removeFinalizer(_ finalizer: String, from target: OwnershipGraph.Identity) async throws {
    var object = try await get(target.kind, target.key)
    guard object[path: "metadata", "uid"]?.stringValue == target.uid else { return }
    var metadata = ObjectMeta(unchecked: object["metadata"] ?? .emptyObject)
    guard metadata.finalizers.contains(finalizer) else { return }
    metadata.finalizers.removeAll { $0 == finalizer }
    object["metadata"] = metadata.json
    _ = try await update(target.kind, object, subresource: nil)
  }
}
