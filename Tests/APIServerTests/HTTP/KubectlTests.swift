import Crypto
import Foundation
import KubernetesAPI
import Logging
import Storage
import Testing

@testable import APIServer

/// Unmodified kubectl against the server over a memory store.
@Suite(.enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/kubectl"), "needs kubectl"))
struct KubectlTests {
  static let podManifest = """
    apiVersion: v1
    kind: Pod
    metadata:
      name: web
      labels:
        app: web
    spec:
      containers:
      - name: web
        image: nginx:1
        ports:
        - containerPort: 80
    """

  static let deploymentManifest = """
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: shop
    spec:
      replicas: 2
      selector:
        matchLabels:
          app: shop
      template:
        metadata:
          labels:
            app: shop
        spec:
          containers:
          - name: shop
            image: shop:1
    """

  @Test func createsGetsAndDeletesAPod() async throws {
    try await KubectlHarness.run { kubectl in
      #expect(try await kubectl.apply("create", Self.podManifest) == "pod/web created\n")
      let again = try await kubectl.apply("create", Self.podManifest)
      #expect(again.contains("Error from server (AlreadyExists)"))
      #expect(again.contains("pods \"web\" already exists"))

      let table = try await kubectl("get", "pods").split(separator: "\n")
      #expect(table.first?.split(separator: " ") == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"])
      #expect(table.last?.split(separator: " ").prefix(4) == ["web", "0/1", "Pending", "0"])
      #expect(try await kubectl("get", "pod", "web", "-o", "jsonpath={.spec.restartPolicy}") == "Always")
      #expect(try await kubectl("get", "pods", "-l", "app=web", "-o", "name") == "pod/web\n")
      #expect(try await kubectl("get", "pods", "-l", "app=other") == "No resources found in default namespace.\n")
      #expect(try await kubectl("describe", "pod", "web").contains("Image:        nginx:1"))

      #expect(
        try await kubectl("delete", "pod", "web", "--grace-period=0", "--force").contains("pod \"web\" force deleted"))
      #expect(
        try await kubectl("get", "pod", "web") == "Error from server (NotFound): pods \"web\" not found\n")
    }
  }

  @Test func appliesAndEdits() async throws {
    try await KubectlHarness.run { kubectl in
      #expect(try await kubectl.apply("apply", Self.deploymentManifest) == "deployment.apps/shop created\n")
      #expect(try await kubectl.apply("apply", Self.deploymentManifest) == "deployment.apps/shop unchanged\n")
      let changed = Self.deploymentManifest.replacingOccurrences(of: "shop:1", with: "shop:2")
      #expect(try await kubectl.apply("apply", changed) == "deployment.apps/shop configured\n")
      #expect(
        try await kubectl("get", "deploy", "shop", "-o", "jsonpath={.spec.template.spec.containers[0].image}")
          == "shop:2")
      #expect(try await kubectl("scale", "deployment/shop", "--replicas=5") == "deployment.apps/shop scaled\n")
      #expect(try await kubectl("get", "deploy", "shop", "-o", "jsonpath={.spec.replicas}") == "5")
      #expect(try await kubectl("label", "deploy", "shop", "tier=front") == "deployment.apps/shop labeled\n")
      #expect(try await kubectl("annotate", "deploy", "shop", "note=hi") == "deployment.apps/shop annotated\n")
      #expect(
        try await kubectl("set", "image", "deploy/shop", "shop=shop:3") == "deployment.apps/shop image updated\n")
      for (type, patch) in [
        ("merge", #"{"spec":{"replicas":1}}"#), ("strategic", #"{"spec":{"replicas":2}}"#),
        ("json", #"[{"op":"replace","path":"/spec/replicas","value":3}]"#),
      ] {
        let answer = try await kubectl("patch", "deploy", "shop", "--type", type, "-p", patch)
        #expect(answer == "deployment.apps/shop patched\n")
      }
      #expect(try await kubectl("get", "deploy", "shop", "-o", "jsonpath={.spec.replicas}") == "3")
      #expect(try await kubectl("delete", "deploy", "shop") == "deployment.apps \"shop\" deleted\n")
    }
  }

  @Test func refusesWhatIsWrong() async throws {
    try await KubectlHarness.run { kubectl in
      let unknown = Self.podManifest.replacingOccurrences(of: "  containers:", with: "  foo: bar\n  containers:")
      #expect(try await kubectl.apply("create", unknown).contains("strict decoding error: unknown field \"spec.foo\""))
      let warned = try await kubectl.apply("create", unknown, "--validate=warn")
      #expect(warned.contains("Warning: unknown field \"spec.foo\""))
      #expect(warned.contains("pod/web created"))
      let unnamed = Self.podManifest.replacingOccurrences(of: "image: nginx:1", with: "imagePullPolicy: Always")
      #expect(
        try await kubectl.apply(
          "create", unnamed.replacingOccurrences(of: "name: web\n  labels", with: "name: w2\n  labels")
        )
        .contains("spec.containers[0].image: Required value"))
      #expect(try await kubectl("get", "nonsense").contains("the server doesn't have a resource type \"nonsense\""))
      #expect(try await kubectl("exec", "web", "--", "true").contains("pod web does not have a host assigned"))
    }
  }

  @Test func explainsItself() async throws {
    try await KubectlHarness.run { kubectl in
      let resources = try await kubectl("api-resources")
      for line in ["pods", "deployments", "configmaps", "services"] { #expect(resources.contains("\n\(line) ")) }
      #expect(try await kubectl("api-versions").split(separator: "\n").contains("apps/v1"))
      let explained = try await kubectl("explain", "pod.spec.containers.image")
      #expect(explained.contains("FIELD: image <string>"))
      #expect(try await kubectl("version").contains("Server Version: v1.32.0"))
    }
  }

  @Test func watches() async throws {
    try await KubectlHarness.run { kubectl in
      // The watch runs beside the changes that it must show, and ends by its own time limit.
      let watch = Task { try await kubectl("get", "configmaps", "-w", "--output-watch-events", "--request-timeout=20s") }
      while try await !kubectl("get", "--raw", "/metrics").contains(
        "resource=\"configmaps\",scope=\"namespace\",subresource=\"\",verb=\"WATCH\"")
      {}
      _ = try await kubectl("create", "configmap", "c1", "--from-literal=a=b")
      _ = try await kubectl("label", "configmap", "c1", "x=y")
      _ = try await kubectl("delete", "configmap", "c1")
      let events = try await watch.value.split(separator: "\n").filter { $0.contains("c1") }
      #expect(events.map { $0.split(separator: " ")[0] } == ["ADDED", "MODIFIED", "DELETED"])
    }
  }
}

/// A server over a memory store with the namespace `default` and its service account, and a kubectl that talks to it.
struct KubectlHarness: Sendable {
  let server: ServerHarness
  let kubeconfig: String

  static func run(
    nodes: @escaping NodeLookup = { _ in nil }, _ body: @Sendable @escaping (KubectlHarness) async throws -> Void
  ) async throws {
    var configuration = RegistryConfiguration()
    configuration.tokens = ServiceAccountTokens(key: ServiceAccountKey(key: P256.Signing.PrivateKey()))
    let registry = try Registry(store: MemoryStore(), configuration: configuration)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await registry.run() }
      try await prepare(registry)
      try await ServerHarness.run(registry, nodes: nodes) { server in
        let path = "\(server.directory)/kubeconfig"
        try Kubeconfig(
          server: "https://127.0.0.1:\(server.port)", certificateAuthorityPEM: server.authority.certificatePEM,
          client: server.authority.keyPair("admin", .admin)
        ).write(to: path)
        try await body(KubectlHarness(server: server, kubeconfig: path))
      }
      group.cancelAll()
    }
  }

  private static func prepare(_ registry: Registry) async throws {
    let transport = InProcessTransport(registry: registry, user: .server)
    _ = try await transport.create(
      Namespace.kind, namespace: "", Namespace.make { $0.metadata.name = "default" }.json, subresource: nil)
    _ = try await transport.create(
      ServiceAccount.kind, namespace: "default",
      ServiceAccount.make {
        $0.metadata.name = "default"
        $0.metadata.namespace = "default"
      }.json, subresource: nil)
  }

  func callAsFunction(_ arguments: String...) async throws -> String { try await run(arguments) }

  /// Hands kubectl a manifest: `verb -f`.
  func apply(_ verb: String, _ manifest: String, _ options: String...) async throws -> String {
    let path = "\(server.directory)/\(UUID().uuidString).yaml"
    try manifest.write(toFile: path, atomically: false, encoding: .utf8)
    return try await run([verb, "-f", path] + options)
  }

  /// Posts a text to a path: `create --raw`.
  func create(raw path: String, _ text: String) async throws -> String {
    let file = "\(server.directory)/\(UUID().uuidString).json"
    try text.write(toFile: file, atomically: false, encoding: .utf8)
    return try await run(["create", "--raw", path, "-f", file])
  }

  private func run(_ arguments: [String]) async throws -> String {
    try await ServerHarness.execute(
      "/usr/bin/kubectl", ["--kubeconfig", kubeconfig, "--cache-dir", "\(server.directory)/cache"] + arguments)
  }
}
