import KubernetesAPI
import Testing

@testable import APIServer

@Suite struct UpdateTests {
  static let modified =
    "the object has been modified; please apply your changes to the latest version and try again"

  @Test func anOldVersionConflicts() async throws {
    try await RegistryFixture.run { fixture in
      let first = try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("a"))
      var second = first
      second["data"] = ["k": "1"]
      second = try await fixture.update(ConfigMap.kind, second)
      #expect(second.version != first.version)
      await expectStatus(
        409, .conflict, "Operation cannot be fulfilled on configmaps \"a\": \(Self.modified)"
      ) {
        try await fixture.update(ConfigMap.kind, first)
      }
    }
  }

  @Test func withoutAVersionTheNewestIsReplaced() async throws {
    try await RegistryFixture.run { fixture in
      try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("a"))
      var body = RegistryFixture.configMap("a", ["k": "2"])
      body["metadata"]?["namespace"] = "default"
      let updated = try await fixture.update(ConfigMap.kind, body)
      #expect(updated.at("data.k") == "2")
    }
  }

  @Test func nothingNewKeepsTheVersion() async throws {
    try await RegistryFixture.run { fixture in
      let made = try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("a", ["k": "1", "l": "2"]))
      var same = made
      same["data"] = ["l": "2", "k": "1"]
      let revision = fixture.store.revision
      let updated = try await fixture.update(ConfigMap.kind, same)
      #expect(updated.version == made.version)
      #expect(fixture.store.revision == revision)
    }
  }

  @Test func identityCannotBeChanged() async throws {
    try await RegistryFixture.run { fixture in
      let made = try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("a"))
      var changed = made
      changed["metadata"]?["creationTimestamp"] = .null
      changed["metadata"]?["generation"] = 7
      changed["metadata"]?["labels"] = ["a": "b"]
      let updated = try await fixture.update(ConfigMap.kind, changed)
      #expect(updated.at("metadata.creationTimestamp") == made.at("metadata.creationTimestamp"))
      #expect(updated.at("metadata.generation") == nil)
      #expect(updated.at("metadata.labels.a") == "b")
      changed["metadata"]?["creationTimestamp"] = "2001-01-01T00:00:00Z"
      changed["metadata"]?["resourceVersion"] = nil
      let younger = changed
      await expectStatus(
        422, .invalid,
        "ConfigMap \"a\" is invalid: metadata.creationTimestamp: Invalid value: \"2001-01-01T00:00:00Z\": "
          + "field is immutable"
      ) {
        try await fixture.update(ConfigMap.kind, younger)
      }
      let uid = made.at("metadata.uid")?.stringValue ?? ""
      changed["metadata"]?["uid"] = "x"
      let other = changed
      await expectStatus(
        409, .conflict,
        "Operation cannot be fulfilled on configmaps \"a\": Precondition failed: UID in precondition: x, "
          + "UID in object meta: \(uid)"
      ) {
        try await fixture.update(ConfigMap.kind, other)
      }
    }
  }

  @Test(arguments: [ConfigMap.kind, Secret.kind])
  func immutableDataStays(_ kind: Kind) async throws {
    try await RegistryFixture.run { fixture in
      try await fixture.create(kind, ["metadata": ["name": "a"], "immutable": true, "data": ["k": "MQ=="]])
      await expectStatus(
        422, .invalid,
        "\(kind.kind) \"a\" is invalid: data: Forbidden: field is immutable when `immutable` is set"
      ) {
        try await fixture.merge(kind, "a", ["data": ["k": "Mg=="]])
      }
      try await fixture.merge(kind, "a", ["metadata": ["labels": ["l": "v"]]])
    }
  }

  @Test func theNameMustMatch() async throws {
    try await RegistryFixture.run { fixture in
      try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("a"))
      await expectStatus(
        400, .badRequest, "the name of the object (b) does not match the name on the URL (a)"
      ) {
        _ = try await fixture.registry.update(
          ConfigMap.kind, ObjectKey(namespace: "default", name: "a"), ObjectBody(RegistryFixture.configMap("b")),
          user: fixture.user)
      }
    }
  }

  @Test func aMissingObjectIsNotFound() async throws {
    try await RegistryFixture.run { fixture in
      var body = RegistryFixture.configMap("a")
      body["metadata"]?["namespace"] = "default"
      let missing = body
      await expectStatus(404, .notFound, "configmaps \"a\" not found") {
        try await fixture.update(ConfigMap.kind, missing)
      }
    }
  }

  @Test func leasesAreCreatedByUpdate() async throws {
    try await RegistryFixture.run { fixture in
      let lease: JSON = [
        "metadata": ["name": "node", "namespace": "default"], "spec": ["holderIdentity": "node"],
      ]
      let made = try await fixture.update(Lease.kind, lease)
      #expect(made.at("spec.holderIdentity") == "node")
      await expectStatus(
        422, .invalid,
        "Lease.coordination.k8s.io \"node\" is invalid: metadata.resourceVersion: Invalid value: 0x0: "
          + "must be specified for an update"
      ) {
        try await fixture.update(Lease.kind, lease)
      }
    }
  }

  @Test func generationsCountSpecs() async throws {
    try await RegistryFixture.run { fixture in
      var deployment = try await fixture.create(Deployment.kind, RegistryFixture.deployment("web"))
      #expect(deployment.at("metadata.generation") == 1)
      deployment["metadata"]?["labels"] = ["a": "b"]
      deployment = try await fixture.update(Deployment.kind, deployment)
      #expect(deployment.at("metadata.generation") == 1)
      deployment["spec"]?["replicas"] = 3
      deployment = try await fixture.update(Deployment.kind, deployment)
      #expect(deployment.at("metadata.generation") == 2)
      deployment["status"] = ["replicas": 3]
      deployment = try await fixture.update(Deployment.kind, deployment, subresource: "status")
      #expect(deployment.at("metadata.generation") == 2)
    }
  }

  @Test func specAndStatusAreApart() async throws {
    try await RegistryFixture.run { fixture in
      var deployment = try await fixture.create(Deployment.kind, RegistryFixture.deployment("web"))
      deployment["status"] = ["replicas": 9]
      deployment["spec"]?["replicas"] = 2
      let main = try await fixture.update(Deployment.kind, deployment)
      #expect(main.at("status.replicas") == nil)
      #expect(main.at("spec.replicas") == 2)
      var other = main
      other["spec"]?["replicas"] = 5
      other["status"] = ["replicas": 4]
      let status = try await fixture.update(Deployment.kind, other, subresource: "status")
      #expect(status.at("status.replicas") == 4)
      #expect(status.at("spec.replicas") == 2)
    }
  }

  /// What a patch leaves as it was is not looked at again, and nothing else is let through.
  @Test func patchesOfAStatusAreChecked() async throws {
    try await RegistryFixture.run { fixture in
      let before = try await fixture.create(Deployment.kind, RegistryFixture.deployment("web"))
      let status = try await fixture.merge(Deployment.kind, "web", ["status": ["replicas": 4]], subresource: "status")
      #expect(status.at("status.replicas") == 4)
      #expect(status["spec"] == before["spec"])
      for (patch, message) in [
        (["status": ["nope": 1]], #"unknown field "status.nope""#), (["spec": ["nope": 1]], #"unknown field "spec.nope""#),
        (["nope": 1], #"unknown field "nope""#), (["status": ["replicas": "many"]], "cannot unmarshal string"),
        (["spec": ["replicas": "many"]], "cannot unmarshal string"),
      ] as [(JSON, String)] {
        let error = await #expect(throws: Status.self) {
          try await fixture.registry.patch(
            Deployment.kind, ObjectKey(namespace: "default", name: "web"), .merge(patch), subresource: "status",
            WriteOptions(fieldValidation: .strict), user: fixture.user)
        }
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
      }
      #expect(try await fixture.get(Deployment.kind, "web") == status)
    }
  }

  @Test func patchesRetryUntilTheyFit() async throws {
    try await RegistryFixture.run { fixture in
      try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("a"))
      try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<32 {
          group.addTask { try await fixture.merge(ConfigMap.kind, "a", ["data": ["k\(writer)": "x"]]) }
        }
        try await group.waitForAll()
      }
      let data = try await fixture.get(ConfigMap.kind, "a")["data"]
      #expect(data?.objectValue?.count == 32)
    }
  }

  @Test func strategicPatchesMergeContainersByName() async throws {
    try await RegistryFixture.run { fixture in
      try await fixture.create(Deployment.kind, RegistryFixture.deployment("web"))
      let container: JSON = ["name": "main", "image": "busybox:2"]
      let patch: JSON = ["spec": ["template": ["spec": ["containers": [container]]]]]
      let key = ObjectKey(namespace: "default", name: "web")
      let result = try await fixture.registry.patch(
        Deployment.kind, key, .strategicMerge(patch), user: fixture.user)
      let containers = result.object.json[path: "spec", "template", "spec", "containers"]?.arrayValue
      #expect(containers?.count == 1)
      #expect(containers?.first?["image"] == "busybox:2")
      #expect(containers?.first?["terminationMessagePath"] == "/dev/termination-log")
      #expect(result.object.json.at("metadata.generation") == 2)
    }
  }

  @Test func jsonPatchesTestWhatTheyFind() async throws {
    try await RegistryFixture.run { fixture in
      try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("a", ["k": "1"]))
      let key = ObjectKey(namespace: "default", name: "a")
      let add: JSON = [["op": "test", "path": "/data/k", "value": "1"], ["op": "add", "path": "/data/l", "value": "2"]]
      let result = try await fixture.registry.patch(ConfigMap.kind, key, .json(add), user: fixture.user)
      #expect(result.object.json["data"] == ["k": "1", "l": "2"])
      let failing: JSON = [["op": "test", "path": "/data/k", "value": "9"]]
      await #expect(throws: Status.self) {
        _ = try await fixture.registry.patch(ConfigMap.kind, key, .json(failing), user: fixture.user)
      }
    }
  }

  @Test func aPatchMayInsistOnAVersion() async throws {
    try await RegistryFixture.run { fixture in
      let made = try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("a"))
      try await fixture.merge(ConfigMap.kind, "a", ["data": ["k": "1"]])
      await expectStatus(
        409, .conflict, "Operation cannot be fulfilled on configmaps \"a\": \(Self.modified)"
      ) {
        try await fixture.merge(
          ConfigMap.kind, "a", ["metadata": ["resourceVersion": .string(made.version)], "data": ["k": "2"]])
      }
    }
  }

  @Test func writersWithVersionsLoseNothing() async throws {
    try await RegistryFixture.run { fixture in
      try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("counter", ["n": "0"]))
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<8 { group.addTask { for _ in 0..<25 { await increment(fixture) } } }
      }
      let counter = try await fixture.get(ConfigMap.kind, "counter")
      #expect(counter.at("data.n") == "200")
    }
  }

  /// Reads, adds one, writes that version; again when somebody was faster.
  private func increment(_ fixture: RegistryFixture) async {
    while true {
      guard var object = try? await fixture.get(ConfigMap.kind, "counter"),
        let value = object.at("data.n")?.stringValue.flatMap(Int.init)
      else { return }
      object["data"]?["n"] = .string(String(value + 1))
      do {
        try await fixture.update(ConfigMap.kind, object)
        return
      } catch let status as Status where status.reason == .conflict {
        continue
      } catch {
        Issue.record("\(error)")
        return
      }
    }
  }
}
