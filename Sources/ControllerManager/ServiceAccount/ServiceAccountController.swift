import KubernetesAPI
import KubernetesClient

/// Gives every namespace its `default` ServiceAccount.
struct ServiceAccountController: Controller {
  static let defaultName = "default"

  let name = "serviceaccount-controller"
  let queue = WorkQueue<ObjectKey>()
  private let client: KubernetesClient
  private let informers: SharedInformers

  init(client: KubernetesClient, informers: SharedInformers) {
    self.client = client
    self.informers = informers
  }

  func watch() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { for await change in informers.namespaces.changes() { queue.add(change.object.key) } }
      group.addTask {
        for await change in informers.serviceAccounts.changes() {
          if case .deleted(let account) = change { queue.add(ObjectKey(name: account.namespace)) }
        }
      }
      await group.waitForAll()
    }
    queue.shutDown()
  }

  func reconcile(_ key: ObjectKey) async throws {
    await informers.waitForSync()
    guard let namespace = informers.namespaces.get(key), !namespace.isBeingDeleted else { return }
    let account = ObjectKey(namespace: namespace.name, name: Self.defaultName)
    guard informers.serviceAccounts.get(account) == nil else { return }
    do {
      try await client.create(
        ServiceAccount.make {
          $0.metadata.name = account.name
          $0.metadata.namespace = account.namespace
        })
    } catch let status as Status where status.reason == .alreadyExists {
      return
    }
  }
}
