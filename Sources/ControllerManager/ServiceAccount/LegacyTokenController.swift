import KubernetesAPI
import KubernetesClient

/// Gives each account a Secret with a token and names it in the account, as Kubernetes did before 1.24. Off unless the
/// server is told otherwise: such tokens never end.
struct LegacyTokenController: Controller {
  let name = "legacy-service-account-token-controller"
  let queue = WorkQueue<ObjectKey>()
  private let client: KubernetesClient
  private let accounts: Informer<ServiceAccount>
  private let secrets: Informer<Secret>

  init(client: KubernetesClient, accounts: Informer<ServiceAccount>, secrets: Informer<Secret>) {
    self.client = client
    self.accounts = accounts
    self.secrets = secrets
  }

  func watch() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { for await change in accounts.changes() { queue.add(change.object.key) } }
      group.addTask {
        for await change in secrets.changes() {
          queue.add(ObjectKey(namespace: change.object.namespace, name: change.object.accountName))
        }
      }
      await group.waitForAll()
    }
    queue.shutDown()
  }

  /// One step at a time: an account without a Secret gets one, which the tokens controller fills; when it has, this
  /// looks again and the account names it. So no account names a Secret whose token is still to come.
  func reconcile(_ key: ObjectKey) async throws {
    await secrets.waitForSync()
    await accounts.waitForSync()
    guard let account = accounts.get(key), !account.isBeingDeleted else { return }
    let named = Set(account.secrets.map(\.name))
    let own = secrets.list(namespace: key.namespace).filter { $0.accountName == key.name && !$0.isBeingDeleted }
    guard !own.contains(where: { named.contains($0.name) }) else { return }
    guard let ready = own.filter({ $0.isToken(of: account) }).min(by: { $0.name < $1.name }) else {
      return try await create(for: account)
    }
    var naming = account
    naming.secrets.append(ObjectReference { $0.name = ready.name })
    try await client.update(naming)
  }

  /// Unless there is one already that this copy has not seen yet.
  private func create(for account: ServiceAccount) async throws {
    let options = ListOptions(fieldSelector: "type=\(TokenSecretController.type)")
    let stored = try await client.list(Secret.self, namespace: account.namespace, options)
    guard !stored.contains(where: { $0.accountName == account.name && !$0.isBeingDeleted }) else { return }
    do {
      try await client.create(
        Secret.make {
          $0.metadata.generateName = "\(account.name)-token-"
          $0.metadata.namespace = account.namespace
          $0.metadata.annotations = [
            TokenSecretController.nameAnnotation: account.name, TokenSecretController.uidAnnotation: account.uid,
          ]
          $0.type = TokenSecretController.type
        })
    } catch let status as Status where status.reason == .forbidden {
      // The namespace is on its way out, and the account with it.
      return
    }
  }
}
