import KubernetesAPI
import KubernetesClient
import Logging
import NodeSimulation
import Testing

@testable import Kubelet

@Suite(.timeLimit(.minutes(5))) struct StaticPodTests {
  private static let manifest = """
    apiVersion: v1
    kind: Pod
    metadata: {name: web, labels: {app: "1"}}
    spec:
      containers:
      - {name: app, image: busybox, imagePullPolicy: IfNotPresent}
    """

  private func parse(_ text: String, path: String = "/m/web.yaml") throws -> Pod {
    try StaticPodManifest.pod(Array(text.utf8), path: path, nodeName: "node-1", now: epoch)
  }

  // MARK: manifests

  @Test func namesAPodAfterItsNode() throws {
    let pod = try parse(Self.manifest)
    #expect(pod.name == "web-node-1")
    #expect(pod.namespace == "default")
    #expect(pod.labels == ["app": "1"])
    #expect(pod.spec.nodeName == "node-1")
    #expect(pod.spec.restartPolicy == .always)
    #expect(pod.uid.count == 32)
    #expect(pod.metadata.annotations["kubernetes.io/config.source"] == "file")
    #expect(pod.metadata.annotations["kubernetes.io/config.hash"] == pod.uid)
    #expect(pod.spec.tolerations.last?.operator == .exists)
    #expect(pod.isStatic && !pod.isMirror)
  }

  @Test func isTheSamePodForTheSameFileAlone() throws {
    let pod = try parse(Self.manifest)
    #expect(try parse(Self.manifest).uid == pod.uid)
    #expect(try parse(Self.manifest, path: "/m/other.yaml").uid != pod.uid)
    #expect(try parse(Self.manifest + "\n  terminationGracePeriodSeconds: 1").uid != pod.uid)
  }

  @Test(arguments: [
    ("", "/m/web.yaml is empty"),
    ("a: [", "/m/web.yaml is neither YAML nor JSON: "),
    ("apiVersion: v1\nkind: Service", "/m/web.yaml does not hold a Pod of version v1"),
    ("apiVersion: v1\nkind: Pod\nmetadata: {name: a}", "/m/web.yaml holds no valid Pod: spec.containers: Required value"),
  ])
  func refusesByName(text: String, why: String) {
    do {
      _ = try parse(text)
      Issue.record("\(text) was taken")
    } catch {
      #expect("\(error)".hasPrefix(why), "\(error)")
    }
  }

  // MARK: plan

  private func pod(_ uid: String, _ name: String) -> Pod {
    Pod.make {
      $0.metadata.name = name
      $0.metadata.namespace = "default"
      $0.metadata.uid = uid
    }
  }

  @Test func startsWhatIsNewAndEndsWhatIsGone() {
    let (a, b) = (pod("1", "a"), pod("2", "b"))
    #expect(StaticPodPlan.actions(wanted: [a], alive: []) == [.start(a)])
    #expect(StaticPodPlan.actions(wanted: [a], alive: [a]).isEmpty)
    #expect(StaticPodPlan.actions(wanted: [b], alive: [a]) == [.end(uid: "1"), .start(b)])
  }

  @Test func startsAChangedPodAfterTheFormerOne() {
    let (old, new) = (pod("1", "a"), pod("2", "a"))
    #expect(StaticPodPlan.actions(wanted: [new], alive: [old]) == [.end(uid: "1")])
    #expect(StaticPodPlan.actions(wanted: [new], alive: []) == [.start(new)])
    #expect(StaticPodPlan.actions(wanted: [old, new], alive: []) == [.start(old)])
  }

  // MARK: the agent

  private let api = MemoryAPI()
  private let node = FakeNode()
  private let scratch: ScratchDirectory
  private static let key = ObjectKey(namespace: "default", name: "web-node-1")

  init() throws { scratch = try ScratchDirectory() }

  private func withKubelet(_ body: (Kubelet) async throws -> Void) async throws {
    var configuration = KubeletConfiguration(nodeName: "node-1", nodeIP: "192.0.2.1")
    configuration.rootDirectory = scratch.path + "/kubelet"
    configuration.podLogsDirectory = scratch.path + "/logs/pods"
    configuration.containerLogsDirectory = scratch.path + "/logs/containers"
    configuration.staticPodPath = scratch.path + "/manifests"
    let kubelet = try Kubelet(
      configuration: configuration, client: KubernetesClient(transport: api), runtime: node, images: node,
      network: node, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await kubelet.run() }
      try await body(kubelet)
      group.cancelAll()
    }
  }

  private func write(_ text: String) throws {
    try NodeFiles.makeDirectory(scratch.path + "/manifests")
    try NodeFiles.write(Array(text.utf8), to: scratch.path + "/manifests/web.yaml")
  }

  private var mirror: Pod? { api.object(Pod.self, Self.key) }

  private func mirrorBecomes(_ condition: @escaping @Sendable (Pod?) -> Bool) async throws {
    try await api.wait { condition($0.object(Pod.self, Self.key)) }
  }

  @Sendable private static func isReady(_ pod: Pod?) -> Bool {
    pod?.status.conditions.contains { $0.type == "Ready" && $0.status == .true } ?? false
  }

  @Test func runsWithoutTheServerAndIsShownToItLater() async throws {
    try write(Self.manifest)
    api.setDown(true)
    try await withKubelet { _ in
      try await node.waitForStart("app/0")
      #expect(mirror == nil)
      api.setDown(false)
      try await mirrorBecomes(Self.isReady)
      let pod = try #require(mirror)
      #expect(pod.isMirror)
      #expect(pod.metadata.ownerReferences.first?.kind == "Node")
      #expect(pod.metadata.annotations["kubernetes.io/config.mirror"] != nil)
      #expect(node.starts == ["app/0"])
    }
  }

  @Test func isShownAgainWhenSomebodyDeletesItAndGoesWithItsFile() async throws {
    try write(Self.manifest)
    try await withKubelet { _ in
      try await mirrorBecomes(Self.isReady)
      let uid = try #require(mirror).uid
      try await KubernetesClient(transport: api).delete(Pod.self, Self.key)
      try await mirrorBecomes { Self.isReady($0) && $0?.uid != uid }
      #expect(node.starts == ["app/0"])
      try NodeFiles.removeTree(scratch.path + "/manifests/web.yaml")
      try await mirrorBecomes { $0 == nil }
      #expect(node.running.isEmpty)
    }
  }

  @Test func isFoundAgainByANewAgent() async throws {
    try write(Self.manifest)
    try await withKubelet { _ in try await mirrorBecomes(Self.isReady) }
    let uid = try #require(mirror).uid
    try await withKubelet { _ in
      try await mirrorBecomes(Self.isReady)
      try write(Self.manifest + "\n  hostname: other")
      try await mirrorBecomes { Self.isReady($0) && $0?.spec.hostname == "other" }
    }
    #expect(try #require(mirror).uid != uid)
    #expect(node.starts == ["app/0", "app/0"])
  }
}
