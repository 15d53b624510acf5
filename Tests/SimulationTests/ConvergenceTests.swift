import KubernetesAPI
import KubernetesClient
import Testing

import NodeSimulation

/// Whatever happens to pods, agents and sizes: in the end there is what was asked for, once.
@Suite(.timeLimit(.minutes(2))) struct ConvergenceTests {
  private static let key = ObjectKey(namespace: "default", name: "web")

  @Test(arguments: [1, 2, 3] as [UInt64]) func faultsHeal(seed: UInt64) async throws {
    var random = SeededNumbers(seed: seed)
    let cluster = try SimulatedCluster(nodes: 3)
    try await cluster.run { cluster in
      var agents = (0..<3).map { Self.agent($0, of: cluster) }
      try await Self.deploy(replicas: 6, on: cluster)
      try await Self.settles(cluster, replicas: 6, seed)
      var replicas = 6
      for _ in 0..<12 {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: try await Self.deleteSomePod(cluster, &random)
        case 1:
          replicas = Int.random(in: 1...12, using: &random)
          let patch: JSON = ["spec": ["replicas": .int(replicas)]]
          try await cluster.client.patch(Deployment.self, Self.key, .merge(patch))
        case 2: Self.endSomeContainer(cluster, &random)
        default:
          let number = Int.random(in: 0..<3, using: &random)
          agents[number].cancel()
          agents[number] = Self.agent(number, of: cluster)
        }
      }
      try await Self.settles(cluster, replicas: replicas, seed)
      for agent in agents { agent.cancel() }
    }
  }

  /// An agent runs beside the cluster's other tasks, so that a test can end it alone.
  private static func agent(_ number: Int, of cluster: SimulatedCluster) -> Task<Void, any Error> {
    Task { try await cluster.runAgent(number) }
  }

  private static func deploy(replicas: Int, on cluster: SimulatedCluster) async throws {
    let container: JSON = ["name": "c", "image": "busybox", "imagePullPolicy": "IfNotPresent"]
    try await cluster.client.create(
      Deployment.make {
        $0.metadata.name = key.name
        $0.metadata.namespace = key.namespace
        $0.json["spec"] = [
          "replicas": .int(replicas), "selector": ["matchLabels": ["app": "web"]],
          "template": [
            "metadata": ["labels": ["app": "web"]],
            "spec": ["terminationGracePeriodSeconds": 1, "containers": [container]],
          ],
        ]
      })
    try await cluster.client.create(
      Service.make {
        $0.metadata.name = key.name
        $0.metadata.namespace = key.namespace
        $0.json["spec"] = ["selector": ["app": "web"], "ports": [["port": 80]]]
      })
  }

  private static func deleteSomePod(_ cluster: SimulatedCluster, _ random: inout SeededNumbers) async throws {
    let pods = try await cluster.client.list(Pod.self, namespace: "default").sorted { $0.name < $1.name }
    guard let pod = pods.randomElement(using: &random) else { return }
    do {
      try await cluster.client.delete(Pod.self, pod.key)
    } catch let status as Status where status.reason == .notFound {
      return
    }
  }

  private static func endSomeContainer(_ cluster: SimulatedCluster, _ random: inout SeededNumbers) {
    guard let node = cluster.nodes.randomElement(using: &random),
      let container = node.running.randomElement(using: &random)
    else { return }
    node.exit(container.id, code: 1)
  }

  /// As many pods are Ready as were asked for, each with one instance of its container on its own node and no other
  /// container anywhere; the Service's endpoints are these pods.
  private static func settles(_ cluster: SimulatedCluster, replicas: Int, _ seed: UInt64) async throws {
    let end = ContinuousClock.now + .seconds(60)
    var last = ""
    while ContinuousClock.now < end {
      last = try await difference(cluster, replicas)
      if last.isEmpty { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    Issue.record("seed \(seed): \(last)")
  }

  private static func difference(_ cluster: SimulatedCluster, _ replicas: Int) async throws -> String {
    let ready = try await cluster.readyPods()
    let all = try await cluster.client.list(Pod.self, namespace: "default")
    guard ready.count == replicas, all.count == replicas else {
      return "\(ready.count) of \(all.count) pods are ready, \(replicas) are wanted"
    }
    let wanted = Set(ready.map { "\($0.spec.nodeName) \($0.uid)" })
    let found = cluster.nodes.enumerated().flatMap { number, node in node.running.map { "node-\(number) \($0.podUID)" } }
    guard found.count == wanted.count, Set(found) == wanted else { return "containers \(found), pods \(wanted)" }
    let slices = try await cluster.client.list(EndpointSlice.self, namespace: "default")
    let endpoints = slices.filter { $0.labels["kubernetes.io/service-name"] == key.name }.flatMap(\.endpoints)
    let targets = Set(endpoints.filter { $0.conditions.ready == true }.compactMap { $0.targetRef?.uid })
    return targets == Set(ready.map(\.uid)) ? "" : "endpoints \(targets.count), pods \(ready.count)"
  }
}
