import KubernetesAPI
import KubernetesClient

/// Empties a namespace that is being deleted, then lets it go.
struct NamespaceController: Controller {
  static let finalizer = "kubernetes"

  let name = "namespace-controller"
  let queue = WorkQueue<ObjectKey>()
  private let client: KubernetesClient
  private let informers: SharedInformers
  /// Every kind whose objects live in namespaces.
  private let kinds: [Kind]

  init(client: KubernetesClient, informers: SharedInformers, kinds: [Kind]) {
    self.client = client
    self.informers = informers
    self.kinds = kinds.filter(\.isNamespaced)
  }

  func watch() async {
    for await change in informers.namespaces.changes() where change.object.isBeingDeleted {
      queue.add(change.object.key)
    }
    queue.shutDown()
  }

  /// An object of any kind is gone; its namespace may have waited for it.
  func objectGone(_ key: ObjectKey) {
    guard informers.namespaces.get(ObjectKey(name: key.namespace))?.isBeingDeleted == true else { return }
    queue.add(ObjectKey(name: key.namespace))
  }

  func reconcile(_ key: ObjectKey) async throws {
    guard let namespace = informers.namespaces.get(key), namespace.isBeingDeleted,
      namespace.spec.finalizers.contains(Self.finalizer)
    else { return }
    var remaining = 0
    for kind in kinds { remaining += try await empty(kind, key.name) }
    // Pods take their grace to end: `objectGone` looks again when one of the rest has.
    guard remaining == 0 else { return }
    var finalized = namespace
    finalized.spec.finalizers.removeAll { $0 == Self.finalizer }
    _ = try await client.transport.update(Namespace.kind, finalized.json, subresource: "finalize")
  }

  /// Asks every object of the kind to go and returns how many are still there.
  private func empty(_ kind: Kind, _ namespace: String) async throws -> Int {
    let list = try await client.transport.list(kind, namespace: namespace, ListOptions())
    for object in list.items where object[path: "metadata", "deletionTimestamp"] == nil {
      guard let name = object[path: "metadata", "name"]?.stringValue else { continue }
      do {
        try await client.transport.delete(
          kind, ObjectKey(namespace: namespace, name: name), DeleteOptions(propagation: .background))
      } catch let status as Status where status.reason == .notFound {
        continue
      }
    }
    return try await client.transport.list(kind, namespace: namespace, ListOptions()).items.count
  }
}
