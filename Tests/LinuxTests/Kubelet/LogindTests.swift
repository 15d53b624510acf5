import Glibc
import KubernetesAPI
import KubernetesClient
import LinuxSystem
import Logging
import NodeSimulation
import Testing

@testable import Kubelet

/// The machine's going down over a real message bus.
@Suite(.enabled(if: ScriptedLogind.obstacle == nil, "\(ScriptedLogind.obstacle ?? "")"), .timeLimit(.minutes(3)))
struct LogindTests {
  private let api = MemoryAPI()
  private let node = FakeNode()
  private var client: KubernetesClient { KubernetesClient(transport: api) }

  private func kubelet(_ logind: ScriptedLogind) throws -> Kubelet {
    var configuration = KubeletConfiguration(nodeName: "node-1", nodeIP: "192.0.2.1")
    configuration.rootDirectory = logind.directory + "/kubelet"
    configuration.podLogsDirectory = logind.directory + "/logs/pods"
    configuration.containerLogsDirectory = logind.directory + "/logs/containers"
    configuration.resources.hardThresholds = []
    configuration.shutdown.periods = ShutdownPlan.periods(graceSeconds: 60, criticalSeconds: 20)
    configuration.shutdown.busPath = logind.busPath
    configuration.shutdown.logindDirectory = logind.directory + "/conf"
    return try Kubelet(
      configuration: configuration, client: client, runtime: node, images: node, network: node,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  private func bind(_ name: String, priority: Int) async throws {
    try await client.create(
      Pod.make {
        $0.metadata.namespace = "default"
        $0.metadata.name = name
        $0.metadata.uid = "uid-" + name
        $0.spec.nodeName = "node-1"
        $0.spec.priority = priority
        $0.spec.containers = [
          Container {
            $0.name = name
            $0.image = "busybox"
          }
        ]
      })
  }

  private func status(_ name: String) -> PodStatus? {
    api.object(Pod.self, ObjectKey(namespace: "default", name: name))?.status
  }

  private func podBecomes(_ name: String, _ condition: @escaping @Sendable (PodStatus) -> Bool) async throws {
    try await api.wait {
      $0.object(Pod.self, ObjectKey(namespace: "default", name: name)).map { condition($0.status) } ?? false
    }
  }

  private func nodeIsReady(_ wanted: ConditionStatus) async throws -> String {
    let key = ObjectKey(name: "node-1")
    try await api.wait {
      $0.object(Node.self, key)?.status.conditions.contains { $0.type == "Ready" && $0.status == wanted } ?? false
    }
    let condition = api.object(Node.self, key)?.status.conditions.first { $0.type == "Ready" }
    return "\(condition?.reason ?? ""): \(condition?.message ?? "")"
  }

  @Test func podsEndBeforeTheMachineDoes() async throws {
    let logind = try ScriptedLogind()
    #expect(await logind.nextWord() == "ready")
    let kubelet = try kubelet(logind)
    let events = node.events()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await kubelet.run() }
      // Five seconds are too few, so logind is told to allow more.
      #expect(await logind.nextWord() == "reloaded 60")
      #expect(await logind.nextWord() == "locked shutdown kubelet delay")
      try await bind("critical", priority: 2_000_000_000)
      try await bind("plain", priority: 0)
      for name in ["critical", "plain"] { try await podBecomes(name) { $0.phase == .running } }

      logind.tell("down")
      #expect(try await nodeIsReady(.false) == "KubeletNotReady: node is shutting down")
      // The lock is let go when all have ended.
      #expect(await logind.nextWord() == "released")
      var order: [String] = []
      for await event in events {
        if case .containerExited(_, let container) = event { order.append(container.name) }
        if order.count == 2 { break }
      }
      #expect(order == ["plain", "critical"])
      for name in ["critical", "plain"] {
        #expect(status(name)?.phase == .failed)
        #expect(status(name)?.reason == "Terminated")
        #expect(status(name)?.message == "Pod was terminated in response to imminent node shutdown.")
      }
      try await bind("late", priority: 0)
      try await podBecomes("late") { $0.phase == .failed }
      #expect(status("late")?.reason == "NodeShutdown")
      #expect(status("late")?.message == "Pod was rejected: Pod was rejected as the node is shutting down.")

      logind.tell("up")
      #expect(await logind.nextWord() == "locked shutdown kubelet delay")
      #expect(try await nodeIsReady(.true) == "KubeletReady: kubelet is posting ready status")
      try await bind("next", priority: 0)
      try await podBecomes("next") { $0.phase == .running }
      group.cancelAll()
    }
    try logind.stop()
  }
}
