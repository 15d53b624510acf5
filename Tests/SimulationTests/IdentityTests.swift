import ControllerManager
import Crypto
import KubernetesAPI
import KubernetesClient
import Storage
import Testing

@testable import APIServer

/// The controllers of service accounts over the real registry: what they publish, fill, name and take away.
@Suite(.timeLimit(.minutes(1))) struct IdentityTests {
  private static let rootCA = "-----BEGIN CERTIFICATE-----\n"
  private static let account = ObjectKey(namespace: "team", name: "default")
  private static let tokenType = "kubernetes.io/service-account-token"

  private let tokens = ServiceAccountTokens(key: ServiceAccountKey(key: P256.Signing.PrivateKey()))

  /// Runs the controllers around `body`, with a namespace `team`.
  private func run(
    makesTokenSecrets: Bool, _ body: (KubernetesClient, ServiceAccountAuthenticator) async throws -> Void
  ) async throws {
    var configuration = RegistryConfiguration()
    configuration.tokens = tokens
    let registry = try Registry(store: MemoryStore(), configuration: configuration)
    let client = KubernetesClient(transport: InProcessTransport(registry: registry, user: .administrator))
    let identity = ServiceAccountIdentity(rootCA: Self.rootCA, makesTokenSecrets: makesTokenSecrets) { [tokens] in
      try tokens.legacyToken(namespace: $0, account: $1, accountUID: $2, secret: $3)
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await registry.run() }
      group.addTask { await ControllerManager(client: client, identity: identity).run() }
      try await client.create(Namespace.make { $0.metadata.name = "team" })
      try await body(client, ServiceAccountAuthenticator(registry: registry, tokens: tokens))
      group.cancelAll()
    }
  }

  /// Follows one object until it is as wanted; nil stands for an absent one.
  private func become<Object: APIObject, Value>(
    _ client: KubernetesClient, _: Object.Type, _ key: ObjectKey, _ wanted: (Object?) -> Value?
  ) async throws -> Value {
    let options = ListOptions(fieldSelector: "metadata.name=\(key.name)")
    let list = try await client.transport.list(Object.kind, namespace: key.namespace, options)
    if let value = wanted(list.items.first.map(Object.init(unchecked:))) { return value }
    var from = options
    from.resourceVersion = list.resourceVersion
    for try await event in try await client.transport.watch(Object.kind, namespace: key.namespace, from) {
      if let value = wanted(event.type == .deleted ? nil : Object(unchecked: event.object)) { return value }
    }
    throw CancellationError()
  }

  @Test func theRootAuthorityIsPublishedAndKept() async throws {
    try await run(makesTokenSecrets: false) { client, _ in
      let key = ObjectKey(namespace: "team", name: "kube-root-ca.crt")
      let isRight = { (map: ConfigMap?) in map?.data == ["ca.crt": Self.rootCA] ? true : nil }
      _ = try await become(client, ConfigMap.self, key, isRight)
      try await client.patch(ConfigMap.self, key, .merge(["data": ["ca.crt": "other", "more": "x"]]))
      _ = try await become(client, ConfigMap.self, key, isRight)
      let first = try await client.get(ConfigMap.self, key).uid
      try await client.delete(ConfigMap.self, key)
      _ = try await become(client, ConfigMap.self, key) { $0 != nil && $0?.uid != first ? true : nil }
    }
  }

  @Test func aTokenSecretIsFilledAndGoesWithItsAccount() async throws {
    try await run(makesTokenSecrets: false) { client, authenticator in
      let uid = try await become(client, ServiceAccount.self, Self.account) { $0?.uid }
      let key = ObjectKey(namespace: "team", name: "mine")
      try await client.create(secret(key.name, account: "default"))
      let filled = try await become(client, Secret.self, key) { $0?.data["token"] == nil ? nil : $0 }
      #expect(filled.data["namespace"]?.bytes == Array("team".utf8))
      #expect(filled.data["ca.crt"]?.bytes == Array(Self.rootCA.utf8))
      #expect(filled.metadata.annotations["kubernetes.io/service-account.uid"] == uid)
      let token = String(decoding: filled.data["token"]?.bytes ?? [], as: UTF8.self)
      let bearer = try authenticator.authenticate(token: token, audiences: tokens.audiences)
      #expect(bearer.user.name == "system:serviceaccount:team:default")
      // Nobody named it in the account, and nobody does.
      #expect(try await client.get(ServiceAccount.self, Self.account).secrets.isEmpty)
      try await client.delete(ServiceAccount.self, Self.account)
      _ = try await become(client, Secret.self, key) { $0 == nil ? true : nil }
    }
  }

  @Test func aTokenSecretOfNobodyIsRemoved() async throws {
    try await run(makesTokenSecrets: false) { client, _ in
      try await client.create(secret("stray", account: "nobody"))
      _ = try await become(client, Secret.self, ObjectKey(namespace: "team", name: "stray")) { $0 == nil ? true : nil }
    }
  }

  @Test func legacyAccountsNameASecretOfTheirOwn() async throws {
    try await run(makesTokenSecrets: true) { client, _ in
      let first = try await become(client, ServiceAccount.self, Self.account) { $0?.secrets.first?.name }
      #expect(first.hasPrefix("default-token-"))
      let secret = try await client.get(Secret.self, ObjectKey(namespace: "team", name: first))
      #expect(secret.type == Self.tokenType)
      #expect(Set(secret.data.keys) == ["ca.crt", "namespace", "token"])
      try await client.delete(Secret.self, secret.key)
      let second = try await become(client, ServiceAccount.self, Self.account) { account in
        account?.secrets.map(\.name).first { $0 != first }
      }
      let names = try await become(client, ServiceAccount.self, Self.account) { account in
        account.flatMap { $0.secrets.count == 1 ? $0.secrets.map(\.name) : nil }
      }
      #expect(names == [second])
    }
  }

  private func secret(_ name: String, account: String) -> Secret {
    Secret.make {
      $0.metadata.name = name
      $0.metadata.namespace = "team"
      $0.metadata.annotations = ["kubernetes.io/service-account.name": account]
      $0.type = Self.tokenType
    }
  }
}
