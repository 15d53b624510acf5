import APIServer
import ControllerManager
import Foundation
import HTTPServing
import Kubelet
import KubernetesAPI
import KubernetesClient
import Logging
import NodeSimulation
import Scheduler
import Storage

/// The real registry, scheduler, controllers and node agents over the memory store and nodes without a kernel. Time is the
/// machine's own; chance comes from the test's seed.
final class SimulatedCluster: Sendable {
  let client: KubernetesClient
  let nodes: [FakeNode]
  private let registry: Registry
  private let scratch: String
  private let logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }

  init(nodes count: Int) throws {
    registry = try Registry(store: MemoryStore())
    client = KubernetesClient(transport: InProcessTransport(registry: registry, user: .administrator))
    // No loopback addresses: endpoints may not have them.
    nodes = (0..<count).map { FakeNode(address: "10.42.\($0).5") }
    scratch = NSTemporaryDirectory() + "swiftlet-simulation-\(UUID().uuidString)"
  }

  /// Runs everything around `body`, then stops it.
  func run(_ body: (SimulatedCluster) async throws -> Void) async throws {
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await self.registry.run() }
      try await Bootstrap(registry: registry, advertiseAddress: "192.0.2.1", port: 6443).run()
      group.addTask { await ControllerManager(client: self.client(.controllerManager)).run() }
      group.addTask { await Scheduler(client: self.client(.scheduler)).run() }
      try await body(self)
      group.cancelAll()
    }
  }

  /// Runs the agent of one node until the task is cancelled; its containers stay, as on a machine.
  func runAgent(_ number: Int) async throws {
    let name = "node-\(number)"
    var configuration = KubeletConfiguration(nodeName: name, nodeIP: "192.0.2.\(number + 10)")
    configuration.rootDirectory = "\(scratch)/\(name)/kubelet"
    configuration.podLogsDirectory = "\(scratch)/\(name)/logs/pods"
    configuration.containerLogsDirectory = "\(scratch)/\(name)/logs/containers"
    // What the machine that runs the tests has left is not theirs.
    configuration.resources.hardThresholds = []
    let agent = try Kubelet(
      configuration: configuration, client: client(.node(name)), runtime: nodes[number], images: nodes[number],
      network: nodes[number], logger: logger)
    try await agent.run()
  }

  private func client(_ user: UserInfo) -> KubernetesClient {
    KubernetesClient(
      transport: InProcessTransport(registry: registry, user: user, authorizer: BootstrapAuthorizer()))
  }

  /// Pods that are Ready and not on their way out.
  func readyPods() async throws -> [Pod] {
    try await client.list(Pod.self, namespace: "default").filter { pod in
      pod.metadata.deletionTimestamp == nil
        && pod.status.conditions.contains { $0.type == "Ready" && $0.status == .true }
    }
  }
}

/// The same numbers for the same seed (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }
}
