import KubernetesAPI
import Storage
import Testing

@testable import APIServer
@testable import HTTPServing

/// A registry over memory, running, with the namespaces `default` and `other` and their service accounts.
struct RegistryFixture: Sendable {
  let registry: Registry
  let store: MemoryStore
  let time: ManualTime
  let user = UserInfo(name: "tester")

  static func run(
    _ configure: (inout RegistryConfiguration) -> Void = { _ in },
    _ body: (RegistryFixture) async throws -> Void
  ) async throws {
    let (store, time) = (MemoryStore(), ManualTime())
    var configuration = RegistryConfiguration()
    configuration.environment = time.environment
    configure(&configuration)
    let registry = try Registry(store: store, configuration: configuration)
    let fixture = RegistryFixture(registry: registry, store: store, time: time)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await registry.run() }
      for namespace in ["default", "other"] { try await fixture.addNamespace(namespace) }
      try await body(fixture)
      group.cancelAll()
    }
  }

  func addNamespace(_ name: String) async throws {
    try await create(Namespace.kind, ["metadata": ["name": .string(name)]], in: "")
    try await create(ServiceAccount.kind, ["metadata": ["name": "default"]], in: name)
  }

  @discardableResult
  func create(
    _ kind: Kind, _ object: JSON, in namespace: String = "default", _ options: WriteOptions = WriteOptions()
  ) async throws -> JSON {
    try await registry.create(kind, namespace: namespace, ObjectBody(object), options, user: user).object.json
  }

  @discardableResult
  func update(
    _ kind: Kind, _ object: JSON, subresource: String? = nil, _ options: WriteOptions = WriteOptions()
  ) async throws -> JSON {
    try await registry.update(
      kind, object.objectKey, ObjectBody(object), subresource: subresource, options, user: user
    ).object.json
  }

  @discardableResult
  func merge(
    _ kind: Kind, _ name: String, _ patch: JSON, subresource: String? = nil
  ) async throws -> JSON {
    let key = ObjectKey(namespace: kind.isNamespaced ? "default" : "", name: name)
    return try await registry.patch(kind, key, .merge(patch), subresource: subresource, user: user).object.json
  }

  func get(_ kind: Kind, _ name: String, in namespace: String = "default") async throws -> JSON {
    let key = ObjectKey(namespace: kind.isNamespaced ? namespace : "", name: name)
    return try await registry.get(kind, key, user: user).json
  }

  @discardableResult
  func delete(
    _ kind: Kind, _ name: String, in namespace: String = "default", _ options: DeleteOptions = DeleteOptions()
  ) async throws -> DeleteResult {
    let key = ObjectKey(namespace: kind.isNamespaced ? namespace : "", name: name)
    return try await registry.delete(kind, key, options, user: user)
  }

  func names(_ kind: Kind, _ options: RegistryListOptions = RegistryListOptions(), in namespace: String? = nil)
    async throws -> [String]
  {
    try await registry.list(kind, namespace: namespace, options, user: user).items.map(\.key.description)
  }

  func watch(
    _ kind: Kind, _ options: RegistryListOptions = RegistryListOptions(), in namespace: String? = nil
  ) async throws -> RegistryWatch {
    try await registry.watch(kind, namespace: namespace, options, user: user)
  }

  @discardableResult
  func createPod(_ name: String, in namespace: String = "default", _ change: (inout JSON) -> Void = { _ in })
    async throws -> JSON
  {
    try await create(Pod.kind, Self.pod(name, change), in: namespace)
  }

  static func pod(_ name: String, _ change: (inout JSON) -> Void = { _ in }) -> JSON {
    var pod: JSON = [
      "metadata": ["name": .string(name)], "spec": ["containers": [["name": "main", "image": "busybox"]]],
    ]
    change(&pod)
    return pod
  }

  static func configMap(_ name: String, _ data: JSON = [:]) -> JSON {
    ["metadata": ["name": .string(name)], "data": data]
  }

  static func deployment(_ name: String, replicas: Int = 1) -> JSON {
    [
      "metadata": ["name": .string(name)],
      "spec": [
        "replicas": .int(replicas), "selector": ["matchLabels": ["app": .string(name)]],
        "template": [
          "metadata": ["labels": ["app": .string(name)]],
          "spec": ["containers": [["name": "main", "image": "busybox"]]],
        ],
      ],
    ]
  }
}

/// Expects a `Status` with this code, reason and text.
func expectStatus(
  _ code: Int, _ reason: Status.Reason, _ message: String, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () async throws -> Void
) async {
  do {
    try await body()
    Issue.record("expected an error: \(message)", sourceLocation: sourceLocation)
  } catch let status as Status {
    #expect(status.code == code, sourceLocation: sourceLocation)
    #expect(status.reason == reason, sourceLocation: sourceLocation)
    #expect(status.message == message, sourceLocation: sourceLocation)
  } catch {
    Issue.record("unexpected error \(error)", sourceLocation: sourceLocation)
  }
}

extension JSON {
  func at(_ path: String) -> JSON? {
    path.split(separator: ".").reduce(JSON?.some(self)) { $0?[String($1)] }
  }
  var version: String { at("metadata.resourceVersion")?.stringValue ?? "" }
}
