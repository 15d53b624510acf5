import KubernetesAPI
import KubernetesClient

/// The informers that several controllers read: each kind is watched once.
struct SharedInformers: Sendable {
  let pods: Informer<Pod>
  let replicaSets: Informer<ReplicaSet>
  let replicationControllers: Informer<ReplicationController>
  let deployments: Informer<Deployment>
  let services: Informer<Service>
  let endpoints: Informer<Endpoints>
  let endpointSlices: Informer<EndpointSlice>
  let namespaces: Informer<Namespace>
  let serviceAccounts: Informer<ServiceAccount>

  init(client: KubernetesClient) {
    pods = Informer(client: client)
    replicaSets = Informer(client: client)
    replicationControllers = Informer(client: client)
    deployments = Informer(client: client)
    services = Informer(client: client)
    endpoints = Informer(client: client)
    endpointSlices = Informer(client: client)
    namespaces = Informer(client: client)
    serviceAccounts = Informer(client: client)
  }

  func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await pods.run() }
      group.addTask { await replicaSets.run() }
      group.addTask { await replicationControllers.run() }
      group.addTask { await deployments.run() }
      group.addTask { await services.run() }
      group.addTask { await endpoints.run() }
      group.addTask { await endpointSlices.run() }
      group.addTask { await namespaces.run() }
      group.addTask { await serviceAccounts.run() }
      await group.waitForAll()
    }
  }

  /// Returns once every informer has its first list: a controller that counts must not count an empty copy.
  func waitForSync() async {
    await pods.waitForSync()
    await replicaSets.waitForSync()
    await replicationControllers.waitForSync()
    await deployments.waitForSync()
    await services.waitForSync()
    await endpoints.waitForSync()
    await endpointSlices.waitForSync()
    await namespaces.waitForSync()
    await serviceAccounts.waitForSync()
  }
}
