import KubernetesAPI
import KubernetesClient

/// Publishes the authority of the API server's certificate in every namespace, where the pods' token volumes show it.
struct RootCAPublisher: Controller {
  static let configMapName = "kube-root-ca.crt"

  let name = "root-ca-certificate-publisher-controller"
  let queue = WorkQueue<ObjectKey>()
  private let client: KubernetesClient
  private let namespaces: Informer<Namespace>
  private let maps: Informer<ConfigMap>
  private let rootCA: String

  init(client: KubernetesClient, namespaces: Informer<Namespace>, rootCA: String) {
    self.client = client
    self.namespaces = namespaces
    self.rootCA = rootCA
    maps = Informer(client: client, options: ListOptions(fieldSelector: "metadata.name=\(Self.configMapName)"))
  }

  func watch() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await maps.run() }
      group.addTask { for await change in namespaces.changes() { queue.add(change.object.key) } }
      group.addTask {
        for await change in maps.changes() { queue.add(ObjectKey(name: change.object.namespace)) }
      }
      await group.waitForAll()
    }
    queue.shutDown()
  }

  func reconcile(_ key: ObjectKey) async throws {
    await maps.waitForSync()
    guard let namespace = namespaces.get(key), !namespace.isBeingDeleted else { return }
    let place = ObjectKey(namespace: namespace.name, name: Self.configMapName)
    guard let present = maps.get(place) else { return try await create(place) }
    guard present.data != ["ca.crt": rootCA] else { return }
    var corrected = present
    corrected.data = ["ca.crt": rootCA]
    corrected.json["binaryData"] = nil
    try await client.update(corrected)
  }

  private func create(_ key: ObjectKey) async throws {
    do {
      try await client.create(
        ConfigMap.make {
          $0.metadata.name = key.name
          $0.metadata.namespace = key.namespace
          $0.metadata.annotations = [
            "kubernetes.io/description":
              "The authority that vouches for the API server inside the cluster, such as at kubernetes.default.svc."
          ]
          $0.data = ["ca.crt": rootCA]
        })
    } catch let status as Status where status.reason == .alreadyExists {
      return
    }
  }
}
