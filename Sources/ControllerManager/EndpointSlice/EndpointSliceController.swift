import KubernetesAPI
import KubernetesClient

/// Keeps the EndpointSlices of every Service with a selector: what kube-proxy programs.
struct EndpointSliceController: Controller {
  let name = "endpoint-slice-controller"
  let queue = WorkQueue<ObjectKey>()
  private let client: KubernetesClient
  private let informers: SharedInformers

  init(client: KubernetesClient, informers: SharedInformers) {
    self.client = client
    self.informers = informers
  }

  func watch() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { for await change in informers.services.changes() { queue.add(change.object.key) } }
      group.addTask { await followPods(informers, queue) }
      group.addTask {
        for await change in informers.endpointSlices.changes() {
          guard let service = change.object.labels[EndpointSlicePlan.serviceLabel] else { continue }
          queue.add(ObjectKey(namespace: change.object.namespace, name: service))
        }
      }
      await group.waitForAll()
    }
    queue.shutDown()
  }

  func reconcile(_ key: ObjectKey) async throws {
    await informers.waitForSync()
    // Slices of a Service that is gone go with it, by their owner reference.
    guard let service = informers.services.get(key), !service.spec.selector.isEmpty, !service.isBeingDeleted,
      service.spec.type != .externalName
    else { return }
    let existing = informers.endpointSlices.list(namespace: key.namespace).filter {
      $0.labels[EndpointSlicePlan.serviceLabel] == key.name
        && $0.labels[EndpointSlicePlan.managerLabel] == EndpointSlicePlan.manager && !$0.isBeingDeleted
    }
    let wanted = ServiceEndpoints(service, pods: informers.pods.list(namespace: key.namespace))
    let plan = EndpointSlicePlan(service, wanted, existing: existing)
    for slice in plan.updates { try await client.update(slice) }
    for slice in plan.creations { try await create(slice, for: key) }
    for slice in plan.deletions {
      try await client.delete(EndpointSlice.self, slice.key, DeleteOptions(preconditionUID: slice.uid))
    }
  }

  /// Creates, unless the copy is behind: a slice made a moment ago must not get a twin.
  private func create(_ slice: EndpointSlice, for key: ObjectKey) async throws {
    let selector = ListOptions(labelSelector: "\(EndpointSlicePlan.serviceLabel)=\(key.name)")
    let stored = try await client.list(EndpointSlice.self, namespace: key.namespace, selector)
    let known = Set(informers.endpointSlices.list(namespace: key.namespace).map(\.uid))
    guard stored.allSatisfy({ known.contains($0.uid) }) else { return queue.add(key, after: .milliseconds(5)) }
    try await client.create(slice)
  }
}

/// Queues the Services whose endpoints a pod's change may touch: those that select it now or selected it before.
func followPods(_ informers: SharedInformers, _ queue: WorkQueue<ObjectKey>) async {
  func enqueue(_ pod: Pod) {
    for service in informers.services.list(namespace: pod.namespace) {
      let selector = service.spec.selector
      guard !selector.isEmpty, selector.allSatisfy({ pod.labels[$0.key] == $0.value }) else { continue }
      queue.add(service.key)
    }
  }
  for await change in informers.pods.changes() {
    if case .updated(let old, let new) = change, old.labels != new.labels { enqueue(old) }
    enqueue(change.object)
  }
}
