import KubernetesAPI
import KubernetesClient
import Testing

/// ReplicationControllers share the ReplicaSets' controller; what differs is their selector.
@Suite(.timeLimit(.minutes(2))) struct ReplicationControllerTests {
  private static let key = ObjectKey(namespace: "default", name: "old")

  @Test func keepsItsPodsAndTellsOfThem() async throws {
    let cluster = try SimulatedCluster(nodes: 1)
    try await cluster.run { cluster in
      // Runs beside the cluster's other tasks and ends with the test.
      let agent = Task { try await cluster.runAgent(0) }
      defer { agent.cancel() }
      let created = try await cluster.client.create(
        ReplicationController.make {
          $0.metadata.name = Self.key.name
          $0.metadata.namespace = Self.key.namespace
          $0.json["spec"] = [
            "replicas": 2,
            "template": [
              "metadata": ["labels": ["app": "old"]],
              "spec": [
                "terminationGracePeriodSeconds": 1,
                "containers": [["name": "c", "image": "busybox", "imagePullPolicy": "IfNotPresent"]],
              ],
            ],
          ]
        })
      #expect(created.spec.selector == ["app": "old"])
      #expect(created.metadata.labels == ["app": "old"])
      try await Self.becomes(cluster, ready: 2)
      let pods = try await cluster.readyPods()
      #expect(pods.allSatisfy { $0.metadata.ownerReferences.first?.kind == "ReplicationController" })
      #expect(pods.allSatisfy { $0.name.hasPrefix("old-") })
      try await cluster.client.patch(
        ReplicationController.self, Self.key, .merge(["spec": ["replicas": 1]]), subresource: "scale")
      try await Self.becomes(cluster, ready: 1)
    }
  }

  private static func becomes(_ cluster: SimulatedCluster, ready: Int) async throws {
    let options = ListOptions(fieldSelector: "metadata.name=\(key.name)")
    let events = try await cluster.client.transport.watch(ReplicationController.kind, namespace: "default", options)
    for try await event in events {
      let status = ReplicationController(unchecked: event.object).status
      if status.readyReplicas == ready, status.replicas == ready { return }
    }
  }
}
