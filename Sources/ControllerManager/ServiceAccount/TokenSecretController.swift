import KubernetesAPI
import KubernetesClient

/// Fills Secrets of type `kubernetes.io/service-account-token` with a token of the account that their annotation names,
/// and removes them with it.
struct TokenSecretController: Controller {
  static let type = "kubernetes.io/service-account-token"
  static let nameAnnotation = "kubernetes.io/service-account.name"
  static let uidAnnotation = "kubernetes.io/service-account.uid"

  let name = "tokens-controller"
  let queue = WorkQueue<ObjectKey>()
  private let client: KubernetesClient
  private let accounts: Informer<ServiceAccount>
  private let secrets: Informer<Secret>
  private let identity: ServiceAccountIdentity

  /// `secrets` holds the token Secrets alone; this controller keeps it running.
  init(
    client: KubernetesClient, accounts: Informer<ServiceAccount>, secrets: Informer<Secret>,
    identity: ServiceAccountIdentity
  ) {
    self.client = client
    self.accounts = accounts
    self.secrets = secrets
    self.identity = identity
  }

  static func informer(_ client: KubernetesClient) -> Informer<Secret> {
    Informer(client: client, options: ListOptions(fieldSelector: "type=\(type)"))
  }

  func watch() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await secrets.run() }
      group.addTask { for await change in secrets.changes() { queue.add(change.object.key) } }
      group.addTask {
        for await change in accounts.changes() {
          guard case .deleted(let account) = change else { continue }
          for secret in secrets.list(namespace: account.namespace) where secret.accountName == account.name {
            queue.add(secret.key)
          }
        }
      }
      await group.waitForAll()
    }
    queue.shutDown()
  }

  func reconcile(_ key: ObjectKey) async throws {
    await secrets.waitForSync()
    await accounts.waitForSync()
    guard let secret = secrets.get(key) else { return try await forget(key) }
    guard !secret.isBeingDeleted else { return }
    guard let account = try await account(of: secret) else { return try await remove(secret) }
    let filled = try TokenSecretPlan(identity: identity, account: account).filled(secret)
    if filled != secret { try await client.update(filled) }
  }

  /// The account that the Secret is for; nil when there is none, or another one of the same name by now. Asked of the
  /// server, since a copy may lag behind an account that was made a moment before its Secret.
  private func account(of secret: Secret) async throws -> ServiceAccount? {
    do {
      let key = ObjectKey(namespace: secret.namespace, name: secret.accountName)
      let account = try await client.get(ServiceAccount.self, key)
      let uid = secret.metadata.annotations[Self.uidAnnotation] ?? ""
      return uid.isEmpty || uid == account.uid ? account : nil
    } catch let status as Status where status.reason == .notFound {
      return nil
    }
  }

  private func remove(_ secret: Secret) async throws {
    do {
      try await client.delete(Secret.self, secret.key, DeleteOptions(preconditionUID: secret.uid))
    } catch let status as Status where status.reason == .notFound {
      return
    }
  }

  /// A Secret is gone: no account names it any longer.
  private func forget(_ key: ObjectKey) async throws {
    for account in accounts.list(namespace: key.namespace)
    where !account.isBeingDeleted && account.secrets.contains(where: { $0.name == key.name }) {
      var corrected = account
      corrected.secrets.removeAll { $0.name == key.name }
      try await client.update(corrected)
    }
  }
}

/// What a token Secret is to hold. Pure but for the signature.
struct TokenSecretPlan: Sendable {
  let identity: ServiceAccountIdentity
  let account: ServiceAccount

  func filled(_ secret: Secret) throws -> Secret {
    var filled = secret
    var data = secret.data
    data["ca.crt"] = Base64Data(identity.rootCA.utf8)
    data["namespace"] = Base64Data(secret.namespace.utf8)
    if data["token"]?.bytes.isEmpty ?? true {
      let token = try identity.secretToken(secret.namespace, account.name, account.uid, secret.name)
      data["token"] = Base64Data(token.utf8)
    }
    if data != secret.data { filled.data = data }
    if secret.metadata.annotations[TokenSecretController.uidAnnotation] != account.uid {
      filled.metadata.annotations[TokenSecretController.uidAnnotation] = account.uid
    }
    return filled
  }
}

extension View where Fields == SecretFields {
  /// The account that a token Secret is for.
  var accountName: String { metadata.annotations[TokenSecretController.nameAnnotation] ?? "" }

  /// It has its token, for this very account.
  func isToken(of account: ServiceAccount) -> Bool {
    accountName == account.name && metadata.annotations[TokenSecretController.uidAnnotation] == account.uid
      && self.data["token"]?.bytes.isEmpty == false
  }
}
