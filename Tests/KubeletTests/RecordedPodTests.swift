import Glibc
import KubernetesAPI
import KubernetesClient
import Logging
import NodeSimulation
import Testing

@testable import Kubelet

/// Agents that begin without a server: after a reboot (a node on which nothing runs) and over running pods.
@Suite(.timeLimit(.minutes(5))) struct RecordedPodTests {
  private let api = MemoryAPI()
  private let scratch: ScratchDirectory
  private var client: KubernetesClient { KubernetesClient(transport: api) }
  private static let key = ObjectKey(namespace: "default", name: "web")

  init() throws { scratch = try ScratchDirectory() }

  private func withKubelet(_ node: FakeNode, _ body: (Kubelet) async throws -> Void) async throws {
    var configuration = KubeletConfiguration(nodeName: "node-1", nodeIP: "192.0.2.1")
    configuration.rootDirectory = scratch.path + "/kubelet"
    configuration.podLogsDirectory = scratch.path + "/logs/pods"
    configuration.containerLogsDirectory = scratch.path + "/logs/containers"
    configuration.resources.hardThresholds = []
    let kubelet = try Kubelet(
      configuration: configuration, client: client, runtime: node, images: node, network: node,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
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
    try await api.wait { $0.object(Pod.self, Self.key).map(condition) ?? false }
  }

  @Sendable private static func isReady(_ pod: Pod) -> Bool {
    pod.status.conditions.contains { $0.type == "Ready" && $0.status == .true }
  }

  @Sendable private static func isReadyAgain(_ pod: Pod) -> Bool {
    isReady(pod) && pod.status.containerStatuses.first?.restartCount == 1
  }

  private func recordBecomesEmpty(_ kubelet: Kubelet) async {
    let (wakeUps, wake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let leave = kubelet.watcher.follow(directory: scratch.path + "/kubelet/record/pods", events: UInt32(IN_DELETE)) {
      wake.yield()
    }
    defer { leave() }
    wake.yield()
    for await _ in wakeUps where recordedPods.isEmpty { return }
  }

  private var recordedPods: [String] { NodeFiles.names(inDirectory: scratch.path + "/kubelet/record/pods") }

  /// A pod with everything that a server gives: a ConfigMap, a Secret, a Service's address, a token.
  private func demandingPod() async throws -> Pod {
    try await client.create(
      ConfigMap.make {
        $0.metadata.namespace = "default"
        $0.metadata.name = "settings"
        $0.data = ["colour": "green"]
      })
    try await client.create(
      Secret.make {
        $0.metadata.namespace = "default"
        $0.metadata.name = "password"
        $0.data = ["word": Base64Data(Array("sesame".utf8))]
      })
    try await client.create(
      Service.make {
        $0.metadata.namespace = "default"
        $0.metadata.name = "database"
        $0.spec.clusterIP = "10.43.0.7"
        $0.spec.ports = [ServicePort { $0.port = 5432 }]
      })
    var pod = makePod(
      containers: [
        makeContainer("app") {
          $0.envFrom = [
            EnvFromSource { $0.configMapRef = ConfigMapEnvSource { $0.name = "settings" } },
            EnvFromSource { $0.secretRef = SecretEnvSource { $0.name = "password" } },
          ]
        }
      ])
    pod.spec.enableServiceLinks = true
    return pod
  }

  private func environment(_ node: FakeNode) -> Set<String> { Set(node.specs.last?.environment ?? []) }

  @Test func runsAfterARebootWhatItRanBefore() async throws {
    let before = FakeNode()
    try await bind(try await demandingPod())
    try await withKubelet(before) { _ in
      try await podBecomes(Self.isReady)
      before.exit(try #require(before.runningID("uid-web", "app")), code: 3)
      try await podBecomes(Self.isReadyAgain)
    }
    let wanted: Set<String> = ["colour=green", "word=sesame", "DATABASE_SERVICE_HOST=10.43.0.7"]
    #expect(environment(before).isSuperset(of: wanted))
    let startTime = api.object(Pod.self, Self.key)?.status.startTime

    let after = FakeNode()
    api.setDown(true)
    try await withKubelet(after) { _ in
      try await after.waitForStart("app/2")
      #expect(environment(after).isSuperset(of: wanted))
      api.setDown(false)
      try await podBecomes { $0.status.containerStatuses.first?.restartCount == 2 && Self.isReady($0) }
      let status = try #require(api.object(Pod.self, Self.key)).status
      #expect(status.startTime == startTime)
      #expect(status.containerStatuses[0].lastState.terminated?.reason == "ContainerStatusUnknown")
      #expect(after.starts == ["app/2"])
    }
  }

  @Test func goesOnUnderANewAgentWithoutAServer() async throws {
    let node = FakeNode()
    let probed = makeContainer("app") {
      $0.livenessProbe = Probe {
        $0.exec = ExecAction { $0.command = ["well"] }
        $0.periodSeconds = 1
        $0.failureThreshold = 1
      }
    }
    try await bind(makePod(containers: [probed]))
    try await withKubelet(node) { _ in try await podBecomes(Self.isReady) }
    api.setDown(true)
    // The next container is well from its start.
    node.setExecExitCode(1, containerID: try #require(node.runningID("uid-web", "app")))
    // Found running, probed, ended and started again.
    try await withKubelet(node) { _ in try await node.waitForStart("app/1") }
    // Counted by that agent, told by the next.
    try await withKubelet(node) { _ in
      api.setDown(false)
      try await podBecomes(Self.isReadyAgain)
      #expect(node.starts == ["app/0", "app/1"])
    }
  }

  @Test func endsWithGraceWhatWasDeletedMeanwhile() async throws {
    let before = FakeNode()
    try await bind(makePod(containers: [makeContainer("app")]))
    try await withKubelet(before) { _ in try await podBecomes(Self.isReady) }
    try await client.delete(Pod.self, Self.key, DeleteOptions(gracePeriodSeconds: 0))
    api.setDown(true)
    let after = FakeNode()
    let events = after.events()
    try await withKubelet(after) { kubelet in
      try await after.waitForStart("app/1")
      api.setDown(false)
      for await event in events {
        guard case .containerExited("uid-web", let container) = event else { continue }
        // Its stop signal, not SIGKILL.
        #expect(container.exit?.code == 143)
        break
      }
      await recordBecomesEmpty(kubelet)
      #expect(after.running.isEmpty)
    }
  }

  @Test func takesOverAChangedSpec() async throws {
    let before = FakeNode()
    before.add(image: "other")
    try await bind(makePod(containers: [makeContainer("app")]))
    try await withKubelet(before) { _ in try await podBecomes(Self.isReady) }
    let change: JSON = ["spec": ["containers": [makeContainer("app") { $0.image = "other" }.json]]]
    try await client.patch(Pod.self, Self.key, .merge(change))
    api.setDown(true)
    try await withKubelet(before) { _ in
      try await api.wait { $0.refusals(Pod.self) > 0 }
      api.setDown(false)
      try await before.waitForStart("app/1")
      try await podBecomes(Self.isReadyAgain)
      #expect(before.starts == ["app/0", "app/1"])
    }
  }

  @Test func leavesAloneWhatIsOver() async throws {
    let before = FakeNode()
    try await bind(makePod(restartPolicy: .never, containers: [makeContainer("app")]))
    try await bind(makePod("other", containers: [makeContainer("side")]))
    try await withKubelet(before) { _ in
      try await podBecomes(Self.isReady)
      try await api.wait { $0.object(Pod.self, ObjectKey(namespace: "default", name: "other")).map(Self.isReady) ?? false }
      before.exit(try #require(before.runningID("uid-web", "app")), code: 0)
      try await podBecomes { $0.status.phase == .succeeded }
    }
    api.setDown(true)
    let after = FakeNode()
    try await withKubelet(after) { _ in
      try await after.waitForStart("side/1")
      api.setDown(false)
      try await api.wait { $0.objects(Pod.self).contains(where: Self.isReadyAgain) }
      #expect(after.starts == ["side/1"])
      #expect(api.object(Pod.self, Self.key)?.status.phase == .succeeded)
    }
  }

  /// Nothing of the record counts when the server answers at once: here it names a pod that is gone.
  @Test func changesNothingWhenTheServerAnswers() async throws {
    let before = FakeNode()
    try await bind(makePod(containers: [makeContainer("app")]))
    try await bind(makePod("other", containers: [makeContainer("side")]))
    try await withKubelet(before) { _ in
      try await api.wait { $0.objects(Pod.self).allSatisfy(Self.isReady) && $0.objects(Pod.self).count == 2 }
    }
    #expect(recordedPods == ["uid-other", "uid-web"])
    try await client.delete(Pod.self, Self.key, DeleteOptions(gracePeriodSeconds: 0))
    let after = FakeNode()
    try await withKubelet(after) { _ in
      // Not ready as the former agent told it.
      try await api.wait { $0.objects(Pod.self).allSatisfy(Self.isReadyAgain) }
    }
    #expect(after.starts == ["side/1"])
    #expect(recordedPods == ["uid-other"])
  }

  /// A token that nobody can issue does not hold up the pod; one that is there stays.
  @Test func leavesOutATokenThatNobodyIssues() throws {
    let volume = Volume {
      $0.name = "kube-api-access"
      $0.projected = ProjectedVolumeSource {
        $0.sources = [
          VolumeProjection { $0.serviceAccountToken = ServiceAccountTokenProjection { $0.path = "token" } },
          VolumeProjection {
            $0.configMap = ConfigMapProjection {
              $0.name = "kube-root-ca.crt"
              $0.items = [
                KeyToPath {
                  $0.key = "ca.crt"
                  $0.path = "ca.crt"
                }
              ]
            }
          },
        ]
      }
    }
    var context = PodContext(
      pod: makePod(containers: [makeContainer("app")]), nodeName: "node-1", hostIP: "", addresses: [])
    context.configMaps["kube-root-ca.crt"] = ConfigMap.make { $0.data = ["ca.crt": "certificate"] }
    #expect(throws: PodConfigurationError.self) { try VolumePayload(context).files(volume) }
    context.mayLackTokens = true
    #expect(try VolumePayload(context).files(volume)?.keys.sorted() == ["ca.crt"])
    for wish in TokenWish.all(Pod.make { $0.spec.volumes = [volume] }) {
      context.tokens[wish] = .success(Array("old".utf8))
    }
    #expect(try VolumePayload(context).files(volume)?["token"]?.bytes == Array("old".utf8))
  }
}
