import Glibc
import KubernetesAPI
import KubernetesClient
import LinuxSystem
import Logging
import NodeSimulation
import Testing

@testable import Kubelet

/// The machine's going down, as systemd-logind tells of it.
@Suite(.enabled(if: PrivateLogind.obstacle == nil, "\(PrivateLogind.obstacle ?? "")"), .timeLimit(.minutes(3)))
struct LogindTests {
  private let api = MemoryAPI()
  private let node = FakeNode()
  private var client: KubernetesClient { KubernetesClient(transport: api) }

  private func kubelet(_ logind: PrivateLogind) throws -> Kubelet {
    var configuration = KubeletConfiguration(nodeName: "node-1", nodeIP: "192.0.2.1")
    configuration.rootDirectory = logind.directory + "/kubelet"
    configuration.podLogsDirectory = logind.directory + "/logs/pods"
    configuration.containerLogsDirectory = logind.directory + "/logs/containers"
    configuration.resources.hardThresholds = []
    configuration.shutdown.periods = ShutdownPlan.periods(graceSeconds: 60, criticalSeconds: 20)
    configuration.shutdown.busPath = logind.busPath
    configuration.shutdown.logindDirectory = logind.configurationDirectory
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

  private static let lock = "locked shutdown kubelet delay 60"

  /// With the agent running, and everything cleared away at the end.
  private func withKubelet(_ logind: PrivateLogind, _ body: () async throws -> Void) async throws {
    let kubelet = try kubelet(logind)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await kubelet.run() }
      try await body()
      group.cancelAll()
    }
    try logind.remove()
  }

  @Test func podsEndBeforeTheMachineDoes() async throws {
    let logind = try PrivateLogind()
    try await logind.start()
    let events = node.events()
    try await withKubelet(logind) {
      // Five seconds are too few, so logind is told to allow more.
      #expect(await logind.nextWord() == "reloaded")
      #expect(await logind.nextWord() == Self.lock)
      try await bind("critical", priority: 2_000_000_000)
      try await bind("plain", priority: 0)
      for name in ["critical", "plain"] { try await podBecomes(name) { $0.phase == .running } }

      let began = ContinuousClock.now
      logind.tell("down")
      #expect(try await nodeIsReady(.false) == "KubeletNotReady: node is shutting down")
      // The lock is let go when all have ended, which logind has been waiting for.
      #expect(await logind.nextWord() == "released")
      #expect(await logind.nextWord() == "poweroff.target")
      #expect(ContinuousClock.now - began < .seconds(50))
      #expect(await endOrder(events) == ["plain", "critical"])
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
      #expect(await logind.nextWord() == Self.lock)
      #expect(try await nodeIsReady(.true) == "KubeletReady: kubelet is posting ready status")
      try await bind("next", priority: 0)
      try await podBecomes("next") { $0.phase == .running }
    }
  }

  private func endOrder(_ events: AsyncStream<ObservedEvent>) async -> [String] {
    var order: [String] = []
    for await event in events {
      if case .containerExited(_, let container) = event { order.append(container.name) }
      if order.count == 2 { break }
    }
    return order
  }

  /// The machine was going down before the agent came, and does not after all while the bus is away.
  @Test func whatWasSaidMeanwhileCounts() async throws {
    let logind = try PrivateLogind()
    try await logind.start()
    logind.tell("down")
    #expect(await logind.nextWord() == "poweroff.target")
    try await withKubelet(logind) {
      #expect(try await nodeIsReady(.false) == "KubeletNotReady: node is shutting down")
      logind.stop()
      try await logind.start()
      #expect(await logind.nextWord() == Self.lock)
      #expect(try await nodeIsReady(.true) == "KubeletReady: kubelet is posting ready status")
    }
  }
}
