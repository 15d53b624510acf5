import KubernetesAPI
import KubernetesClient

/// Runs every controller. All of them begin from the facts that the API holds, so stopping them at any point loses nothing.
package struct ControllerManager: Sendable {
  private let client: KubernetesClient
  private let identity: ServiceAccountIdentity?
  private let report: @Sendable (String) -> Void

  /// - Parameters:
  ///   - identity: what service accounts need from the server; nil leaves their tokens to somebody else.
  ///   - report: gets a line for each object that a controller fails at again and again; it is tried further.
  package init(
    client: KubernetesClient, identity: ServiceAccountIdentity? = nil,
    report: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.client = client
    self.identity = identity
    self.report = report
  }

  /// Runs until cancelled.
  package func run() async {
    let informers = SharedInformers(client: client)
    let kinds = APIKinds.stored
    let namespaces = NamespaceController(
      client: client, informers: informers, kinds: kinds.compactMap { $0.schema.kind })
    let controllers: [any Controller] = [
      ReplicaSetController(client: client, informers: informers, owners: informers.replicaSets),
      ReplicaSetController(client: client, informers: informers, owners: informers.replicationControllers),
      DeploymentController(client: client, informers: informers),
      EndpointSliceController(client: client, informers: informers),
      EndpointsController(client: client, informers: informers),
      ServiceAccountController(client: client, informers: informers),
      NodeTaintController(client: client),
      namespaces,
    ] + identityControllers(informers)
    let collector = GarbageCollector(client: client, kinds: kinds, onDeletion: namespaces.objectGone)
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await informers.run() }
      group.addTask { await collector.run() }
      for controller in controllers { group.addTask { await controller.run(report: report) } }
      await group.waitForAll()
    }
  }

  private func identityControllers(_ informers: SharedInformers) -> [any Controller] {
    guard let identity else { return [] }
    let secrets = TokenSecretController.informer(client)
    let controllers: [any Controller] = [
      RootCAPublisher(client: client, namespaces: informers.namespaces, rootCA: identity.rootCA),
      TokenSecretController(
        client: client, accounts: informers.serviceAccounts, secrets: secrets, identity: identity),
    ]
    guard identity.makesTokenSecrets else { return controllers }
    return controllers + [
      LegacyTokenController(client: client, accounts: informers.serviceAccounts, secrets: secrets)
    ]
  }
}
