import KubernetesAPI
import KubernetesClient

/// Keeps new pods away from nodes that are short of something, by taints from their conditions.
struct NodeTaintController: Controller {
  let name = "node-taint-controller"
  let queue = WorkQueue<ObjectKey>()
  private let client: KubernetesClient
  private let nodes: Informer<Node>

  init(client: KubernetesClient) {
    self.client = client
    nodes = Informer(client: client)
  }

  func watch() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await nodes.run() }
      group.addTask { for await change in nodes.changes() { queue.add(change.object.key) } }
      await group.waitForAll()
    }
    queue.shutDown()
  }

  /// An update, not a patch: taints that somebody else has set meanwhile are not to be lost.
  func reconcile(_ key: ObjectKey) async throws {
    guard var node = nodes.get(key), let taints = NodeTaintPlan(node).taints else { return }
    node.spec.taints = taints
    try await client.update(node)
  }
}
