import KubernetesAPI
import KubernetesClient
import Logging
import NodeSimulation
import Testing

@testable import Kubelet

/// The whole agent over an API in memory and a node without a kernel.
@Suite(.timeLimit(.minutes(5))) struct KubeletTests {
  private let api = MemoryAPI()
  private let node = FakeNode()
  private let groups = NodeGroupLog()
  private let scratch: ScratchDirectory
  private var client: KubernetesClient { KubernetesClient(transport: api) }

  init() throws { scratch = try ScratchDirectory() }

  private func makeKubelet() throws -> Kubelet {
    var configuration = KubeletConfiguration(nodeName: "node-1", nodeIP: "192.0.2.1")
    configuration.rootDirectory = scratch.path + "/kubelet"
    configuration.podLogsDirectory = scratch.path + "/logs/pods"
    configuration.containerLogsDirectory = scratch.path + "/logs/containers"
    // What the machine that runs the tests has left is not theirs.
    configuration.resources.hardThresholds = []
    return try Kubelet(
      configuration: configuration, client: client, runtime: node, images: node, network: node, groups: groups,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  private func withKubelet(_ body: (Kubelet) async throws -> Void) async throws {
    let kubelet = try makeKubelet()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await kubelet.run() }
      try await body(kubelet)
      group.cancelAll()
    }
  }

  private func bind(_ pod: Pod) async throws {
    var pod = pod
    pod.spec.nodeName = "node-1"
    try await client.create(pod)
  }

  private func podBecomes(_ condition: @escaping @Sendable (Pod) -> Bool) async throws {
    try await podBecomes(ObjectKey(namespace: "default", name: "web"), condition)
  }

  private func podBecomes(_ key: ObjectKey, _ condition: @escaping @Sendable (Pod) -> Bool) async throws {
    try await api.wait { api in api.object(Pod.self, key).map(condition) ?? false }
  }

  @Sendable private static func isReady(_ pod: Pod) -> Bool {
    pod.status.conditions.contains { $0.type == "Ready" && $0.status == .true }
  }

  @Test func registersTheNodeAndHoldsItsLease() async throws {
    try await withKubelet { _ in
      try await api.wait { !$0.objects(Lease.self).isEmpty && !$0.objects(Node.self).isEmpty }
      let node = try #require(api.object(Node.self, ObjectKey(name: "node-1")))
      #expect(
        node.status.conditions.contains { $0.type == "Ready" && $0.status == .true && $0.reason == "KubeletReady" })
      #expect(node.labels["kubernetes.io/hostname"] == "node-1")
      #expect(node.status.addresses.map(\.address) == ["192.0.2.1", "node-1"])
      #expect((node.status.allocatable["cpu"]?.value ?? 0) > 0)
      let lease = try #require(api.object(Lease.self, ObjectKey(namespace: "kube-node-lease", name: "node-1")))
      #expect(lease.spec.holderIdentity == "node-1")
    }
  }

  @Test func runsAPodFromBindingToDeletion() async throws {
    try await withKubelet { _ in
      try await bind(makePod(containers: [makeContainer("app")]))
      try await podBecomes(Self.isReady)
      let pod = try #require(api.object(Pod.self, ObjectKey(namespace: "default", name: "web")))
      #expect(pod.status.phase == .running)
      #expect(pod.status.podIP == "127.0.0.1")
      #expect(pod.status.containerStatuses[0].image == "docker.io/library/busybox:latest")
      // Running and Ready are told together, in one patch; a slow machine may have told of the start before.
      #expect(api.told("web").filter { $0.phase == .running }.count == 1)
      #expect(NodeFiles.text(scratch.path + "/kubelet/pods/uid-web/etc-hosts")?.contains("127.0.0.1\tweb") == true)
      try await client.delete(Pod.self, pod.key)
      try await api.wait { $0.objects(Pod.self).isEmpty }
      #expect(node.runningID("uid-web", "app") == nil)
      #expect(NodeFiles.kind(scratch.path + "/kubelet/pods/uid-web") == nil)
      try await api.wait { $0.objects(Event.self).contains { $0.reason == "Killing" } }
      let events = Set(api.objects(Event.self).map { "\($0.reason): \($0.message)" })
      for expected in [
        "Pulled: Container image \"busybox\" already present on machine", "Created: Created container: app",
        "Started: Started container app", "Killing: Stopping container app",
      ] { #expect(events.contains(expected)) }
    }
  }

  @Test func restartsWhatExitsAndCounts() async throws {
    try await withKubelet { _ in
      try await bind(makePod(containers: [makeContainer("app")]))
      try await podBecomes(Self.isReady)
      node.exit(try #require(node.runningID("uid-web", "app")), code: 9)
      try await podBecomes { $0.status.containerStatuses.first?.restartCount == 1 && Self.isReady($0) }
      let status = try #require(api.object(Pod.self, ObjectKey(namespace: "default", name: "web"))).status
      #expect(status.containerStatuses[0].lastState.terminated?.exitCode == 9)
      #expect(node.starts == ["app/0", "app/1"])
    }
  }

  @Test func givesARunningContainerOtherAmounts() async throws {
    try await withKubelet { _ in
      let amounts = { (cpu: String) in
        ResourceRequirements { $0.requests = ["cpu": Quantity(cpu)] }
      }
      try await bind(makePod(containers: [makeContainer("app") { $0.resources = amounts("100m") }]))
      try await podBecomes(Self.isReady)
      await groups.wait { $0.burstable.cpuShares == 102 }
      let id = try #require(node.runningID("uid-web", "app"))
      let change: JSON = ["spec": ["containers": [makeContainer("app") { $0.resources = amounts("200m") }.json]]]
      try await client.patch(Pod.self, ObjectKey(namespace: "default", name: "web"), .merge(change))
      try await podBecomes {
        $0.status.containerStatuses.first?.resources?.requests["cpu"] == Quantity("200m") && $0.status.resize == nil
      }
      #expect(node.resized(id)?.cpuShares == 204)
      #expect(node.resized("uid-web")?.cpuShares == 204)
      await groups.wait { $0.burstable.cpuShares == 204 }
      #expect(node.runningID("uid-web", "app") == id)
      // More than the machine has: said, and nothing else.
      let excess: JSON = ["spec": ["containers": [makeContainer("app") { $0.resources = amounts("100000") }.json]]]
      try await client.patch(Pod.self, ObjectKey(namespace: "default", name: "web"), .merge(excess))
      try await podBecomes { $0.status.resize == .infeasible }
      #expect(node.resized(id)?.cpuShares == 204)
    }
  }

  @Test func tellsWhatCannotRun() async throws {
    try await withKubelet { _ in
      try await bind(makePod("missing", containers: [makeContainer("app") { $0.image = "absent" }]))
      try await podBecomes(ObjectKey(namespace: "default", name: "missing")) {
        $0.status.containerStatuses.first?.state.waiting?.reason == "ErrImagePull"
      }
      try await bind(makePod("broken", containers: [makeContainer("app") { $0.command = ["/nope"] }]))
      try await podBecomes(ObjectKey(namespace: "default", name: "broken")) {
        $0.status.containerStatuses.first?.lastState.terminated?.reason == "StartError"
      }
    }
  }

  @Test func waitsForAConfigMapAndUpdatesItInPlace() async throws {
    try await withKubelet { _ in
      var pod = makePod(containers: [makeContainer("app")])
      pod.spec.volumes = [
        Volume {
          $0.name = "conf"; $0.configMap = ConfigMapVolumeSource { $0.name = "m" }
        }
      ]
      try await bind(pod)
      try await api.wait { $0.objects(Event.self).contains { $0.reason == "FailedMount" } }
      let event = api.objects(Event.self).first { $0.reason == "FailedMount" }
      #expect(event?.message == "MountVolume.SetUp failed for volume \"conf\" : configmap \"m\" not found")
      try await client.create(
        ConfigMap.make {
          $0.metadata.name = "m"
          $0.metadata.namespace = "default"
          $0.data = ["k": "v"]
        })
      try await podBecomes(Self.isReady)
      let path = scratch.path + "/kubelet/pods/uid-web/volumes/kubernetes.io~configmap/conf"
      #expect(NodeFiles.linkTarget(path + "/k") == "..data/k")
    }
  }

  @Test func pushesReadinessAndRestartsOnLiveness() async throws {
    let probe = Probe {
      $0.exec = ExecAction { $0.command = ["check"] }
      $0.periodSeconds = 1
      $0.failureThreshold = 1
    }
    try await withKubelet { _ in
      try await bind(makePod(containers: [makeContainer("app") { $0.readinessProbe = probe }]))
      try await podBecomes(Self.isReady)
      node.setExecExitCode(1)
      try await podBecomes { !Self.isReady($0) }
      node.setExecExitCode(0)
      try await podBecomes(Self.isReady)
      node.setExecExitCode(1)
      try await bind(makePod("live", grace: 1, containers: [makeContainer("app") { $0.livenessProbe = probe }]))
      try await podBecomes(ObjectKey(namespace: "default", name: "live")) {
        $0.status.containerStatuses.first?.restartCount == 1
      }
      try await api.wait { $0.objects(Event.self).contains { $0.message == "Liveness probe failed: not well" } }
    }
  }

  @Test func leavesContainersAloneWhenTheAgentRestarts() async throws {
    try await withKubelet { _ in
      try await bind(makePod(containers: [makeContainer("app")]))
      try await podBecomes(Self.isReady)
    }
    let id = try #require(node.runningID("uid-web", "app"))
    try await client.create(
      ConfigMap.make {
        $0.metadata.name = "unrelated"
        $0.metadata.namespace = "default"
      })
    let told = api.told("web")
    try await withKubelet { kubelet in
      try await bind(makePod("second", containers: [makeContainer("app")]))
      try await podBecomes(ObjectKey(namespace: "default", name: "second"), Self.isReady)
      #expect(node.runningID("uid-web", "app") == id)
      #expect(kubelet.worker("uid-web")?.status.phase == .running)
      // Nothing about the first pod had to be told.
      #expect(api.told("web") == told)
    }
  }

  @Test func tellsHowLongEachPhaseOfAStartTook() async throws {
    let request = PodReportRequest(.timeline, pod: ObjectKey(namespace: "default", name: "web"), uid: "uid-web")
    try await withKubelet { kubelet in
      try await bind(makePod(containers: [makeContainer("app")]))
      try await api.wait { _ in kubelet.services.timeline.marks(podUID: "uid-web").last?.moment == .told }
      let report = TimelineReport(unchecked: try #require(try await kubelet.podReport(request)).json)
      let parts = ["volumes", "namespaces", "network", "pod's files", "image", "container's files", "create and start"]
      #expect(Set(report.phases.map(\.name)).isSuperset(of: parts + ["Ready status written"]))
      #expect(report.readyMilliseconds != nil)
    }
    // The next agent did not see the start.
    try await withKubelet { kubelet in
      try await api.wait { _ in kubelet.worker("uid-web") != nil }
      let text = try #require(try await kubelet.podReport(request)).text
      #expect(text.contains("Nothing more is known: it was started before this node agent."))
    }
  }

  @Test func saysWhyContainersEndedAcrossAgentsAndAfterThePod() async throws {
    let key = ObjectKey(namespace: "default", name: "web")
    func deaths(_ kubelet: Kubelet, uid: String?) async throws -> [DeathRecord] {
      let report = try #require(try await kubelet.podReport(PodReportRequest(.why, pod: key, uid: uid)))
      return WhyReport(unchecked: report.json).deaths
    }
    let probe = Probe {
      $0.exec = ExecAction { $0.command = ["check"] }
      $0.periodSeconds = 1
      $0.failureThreshold = 1
    }
    node.setExecExitCode(1)
    try await withKubelet { kubelet in
      try await bind(makePod(grace: 1, containers: [makeContainer("app") { $0.livenessProbe = probe }]))
      try await podBecomes { $0.status.containerStatuses.first?.restartCount == 1 }
      let death = try #require(try await deaths(kubelet, uid: "uid-web").last)
      #expect(death.cause == .livenessProbe)
      #expect(death.kill?.probe?.results.map(\.output) == ["not well"])
      #expect(death.kill?.probe?.check == "exec [\"check\"]")
      #expect(try await kubelet.podReport(PodReportRequest(.why, pod: ObjectKey(namespace: "default", name: "x"))) == nil)
    }
    node.setExecExitCode(0)
    try await withKubelet { kubelet in
      try await api.wait { _ in kubelet.worker("uid-web") != nil }
      #expect(try await deaths(kubelet, uid: "uid-web").last?.cause == .livenessProbe)
      try await client.delete(Pod.self, key)
      try await api.wait { $0.objects(Pod.self).isEmpty }
      let report = try #require(try await kubelet.podReport(PodReportRequest(.why, pod: key)))
      #expect(report.text.hasPrefix("default/web: it was deleted, and left the node "))
    }
    try await withKubelet { kubelet in
      try await bind(makePod("second", containers: [makeContainer("app")]))
      try await podBecomes(ObjectKey(namespace: "default", name: "second"), Self.isReady)
      let report = try #require(try await kubelet.podReport(PodReportRequest(.why, pod: key)))
      #expect(report.text.hasPrefix("default/web: it was deleted, and left the node "))
      #expect(report.text.contains("because its liveness probe failed once."))
    }
  }

  @Test func endsOrphansOnStart() async throws {
    try await withKubelet { _ in
      try await bind(makePod(containers: [makeContainer("app")]))
      try await podBecomes(Self.isReady)
    }
    try await client.delete(
      Pod.self, ObjectKey(namespace: "default", name: "web"), DeleteOptions(gracePeriodSeconds: 0))
    try await withKubelet { _ in
      try await bind(makePod("second", containers: [makeContainer("app")]))
      try await podBecomes(ObjectKey(namespace: "default", name: "second"), Self.isReady)
      #expect(node.runningID("uid-web", "app") == nil)
      #expect(NodeFiles.kind(scratch.path + "/kubelet/pods/uid-web") == nil)
    }
  }

  @Test func losesNoExitThatComesWhileTheAgentStarts() async throws {
    try await withKubelet { _ in
      try await bind(makePod(restartPolicy: .never, containers: [makeContainer("app")]))
      try await podBecomes(Self.isReady)
    }
    let id = try #require(node.runningID("uid-web", "app"))
    // Right after the next agent has looked at the node.
    node.afterNextLook { $0.exit(id, code: 7) }
    try await withKubelet { _ in
      try await podBecomes { $0.status.phase == .failed }
      let pod = api.object(Pod.self, ObjectKey(namespace: "default", name: "web"))
      #expect(pod?.status.containerStatuses[0].state.terminated?.exitCode == 7)
    }
  }

  @Test func catchesUpAfterTheServerWasAway() async throws {
    try await withKubelet { _ in
      try await bind(makePod(containers: [makeContainer("app")]))
      try await podBecomes(Self.isReady)
      api.setDown(true)
      node.exit(try #require(node.runningID("uid-web", "app")), code: 1)
      try await api.wait { $0.refusals >= 3 }
      api.setDown(false)
      try await podBecomes { $0.status.containerStatuses.first?.restartCount == 1 && Self.isReady($0) }
    }
  }

  @Test func keepsWhatAnEndedPodWasUntilTheServerKnows() async throws {
    try await withKubelet { _ in
      try await bind(makePod(restartPolicy: .never, containers: [makeContainer("app")]))
      try await podBecomes(Self.isReady)
      api.setDown(true)
      node.exit(try #require(node.runningID("uid-web", "app")), code: 7)
      try await api.wait { $0.refusals >= 3 }
      #expect(try await node.pods().map(\.uid) == ["uid-web"])
      api.setDown(false)
      try await podBecomes { $0.status.phase == .failed }
      let pod = api.object(Pod.self, ObjectKey(namespace: "default", name: "web"))
      #expect(pod?.status.containerStatuses[0].state.terminated?.exitCode == 7)
    }
  }

  // MARK: Sessions

  private static let web = ObjectKey(namespace: "default", name: "web")

  private static func exec(
    _ kubelet: Kubelet, _ client: FakeClient, container: String = "app", tty: Bool = false
  ) async throws -> Int {
    var options = RemoteStreamOptions()
    options.tty = tty
    options.stdout = true
    options.stderr = true
    return try await kubelet.exec(
      pod: web, uid: "uid-web", container: container, command: ["check"], options, streams: client)
  }

  @Test func runsCommandsForClients() async throws {
    try await withKubelet { kubelet in
      try await bind(makePod(containers: [makeContainer("app")]))
      try await podBecomes(Self.isReady)
      let client = FakeClient()
      async let code = Self.exec(kubelet, client)
      while node.sessions.isEmpty { await Task.yield() }
      node.sessions.first?.say("fine")
      node.sessions.first?.end(code: 4)
      #expect(try await code == 4)
      #expect(client.received() == "fine")
      #expect(node.sessions.first?.command == ["check"])
    }
  }

  @Test func aTerminalHasItsSizeWhenTheCommandStarts() async throws {
    try await withKubelet { kubelet in
      try await bind(makePod(containers: [makeContainer("app")]))
      try await podBecomes(Self.isReady)
      let client = FakeClient()
      client.resize(columns: 111, rows: 33)
      async let code = Self.exec(kubelet, client, tty: true)
      while node.sessions.isEmpty { await Task.yield() }
      let session = try #require(node.sessions.first)
      #expect(session.firstSize == TerminalSize(columns: 111, rows: 33))
      client.resize(columns: 80, rows: 24)
      while session.sizes.isEmpty { await Task.yield() }
      #expect(session.sizes == [TerminalSize(columns: 80, rows: 24)])
      session.end(code: 0)
      #expect(try await code == 0)
    }
  }

  @Test func tellsClientsWhyACommandDoesNotRun() async throws {
    try await withKubelet { kubelet in
      try await bind(makePod(containers: [makeContainer("app")]))
      try await podBecomes(Self.isReady)
      let client = FakeClient()
      let unknown = await #expect(throws: Status.self) { try await Self.exec(kubelet, client, container: "nope") }
      #expect(unknown?.message == "container not found (\"nope\")")
      let missing = "exec: \"check\": executable file not found in $PATH"
      node.setCommandFailure(CommandStartError(message: missing, exitCode: 127))
      #expect(try await Self.exec(kubelet, client) == 127)
      #expect(client.received(.standardError) == missing + "\n")
      node.setCommandFailure(CommandStartError(message: "container id1 is not running", exitCode: nil))
      let ended = await #expect(throws: Status.self) { try await Self.exec(kubelet, client) }
      #expect(ended?.message == "container not found (\"app\")")
      node.setCommandFailure(CommandStartError(message: "set capabilities: no", exitCode: 128))
      let failed = await #expect(throws: Status.self) { try await Self.exec(kubelet, client) }
      #expect(failed?.message == "Internal error occurred: error executing command in container: set capabilities: no")
    }
  }

  @Test func forwardsPorts() async throws {
    try await withKubelet { kubelet in
      try await bind(makePod(containers: [makeContainer("app")]))
      try await podBecomes(Self.isReady)
      node.listen(onPort: 80)
      let connection = try await kubelet.portForward(pod: Self.web, uid: "uid-web", port: 80)
      try await connection.write(Array("echo".utf8))
      #expect(try await connection.read() == Array("echo".utf8))
      await connection.close()
      let refused = await #expect(throws: Status.self) {
        _ = try await kubelet.portForward(pod: Self.web, uid: "uid-web", port: 81)
      }
      #expect(refused?.message == "connection refused")
      let unknown = await #expect(throws: Status.self) {
        _ = try await kubelet.portForward(pod: Self.web, uid: "uid-other", port: 80)
      }
      #expect(unknown?.message == "pod does not exist")
    }
  }
}

/// What the cgroups above the pods' are set to, one plan after the other.
private final class NodeGroupLog: NodeGroups {
  private let plans: AsyncStream<NodeGroupPlan>
  private let plan: AsyncStream<NodeGroupPlan>.Continuation

  init() { (plans, plan) = AsyncStream.makeStream() }

  func apply(_ plan: NodeGroupPlan) { self.plan.yield(plan) }

  /// Until a plan that has not been looked at yet is as wanted; the suite's time limit is the other end.
  func wait(_ isWanted: (NodeGroupPlan) -> Bool) async {
    for await plan in plans where isWanted(plan) { return }
  }
}
