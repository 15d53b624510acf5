import KubernetesAPI
import KubernetesClient

/// Runs every controller. All of them begin from the facts that the API holds, so stopping them at any point loses nothing.
package struct ControllerManager: Sendable {
  private let client: KubernetesClient
  private let report: @Sendable (String) -> Void

  /// - Parameter report: gets a line for each object that a controller fails at again and again; it is tried further.
  package init(client: KubernetesClient, report: @escaping @Sendable (String) -> Void = { _ in }) {
    self.client = client
    self.report = report
  }

  /// Runs until cancelled.
  package func run() async {
    let informers = SharedInformers(client: client)
    let kinds = APIKinds.stored
    let namespaces = NamespaceController(
      client: client, informers: informers, kinds: kinds.compactMap { $0.schema.kind })
    let controllers: [any Controller] = [
      ReplicaSetController(client: client, informers: informers),
      DeploymentController(client: client, informers: informers),
      EndpointSliceController(client: client, informers: informers),
      EndpointsController(client: client, informers: informers),
      ServiceAccountController(client: client, informers: informers),
      NodeTaintController(client: client),
      namespaces,
    ]
    let collector = GarbageCollector(client: client, kinds: kinds, onDeletion: namespaces.objectGone)
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await informers.run() }
      group.addTask { await collector.run() }
      for controller in controllers { group.addTask { await controller.run(report: report) } }
      await group.waitForAll()
    }
  }
}
