import KubernetesAPI
import Testing

@testable import APIServer

@Suite struct DeleteTests {
  @Test func plainObjectsGoAtOnce() async throws {
    try await RegistryFixture.run { fixture in
      let made = try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("a"))
      let result = try await fixture.delete(ConfigMap.kind, "a")
      #expect(result.isGone)
      let answer = try JSONParser.parse(result.responseBytes)
      let expected: JSON = [
        "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success",
        "details": ["name": "a", "kind": "configmaps", "uid": made.at("metadata.uid") ?? .null],
      ]
      #expect(answer == expected)
      await expectStatus(404, .notFound, "configmaps \"a\" not found") {
        try await fixture.delete(ConfigMap.kind, "a")
      }
    }
  }

  @Test func finalizersHoldAnObject() async throws {
    try await RegistryFixture.run { fixture in
      var body = RegistryFixture.configMap("a")
      body["metadata"]?["finalizers"] = ["example.com/hold"]
      try await fixture.create(ConfigMap.kind, body)
      let result = try await fixture.delete(ConfigMap.kind, "a")
      #expect(!result.isGone)
      var held = try await fixture.get(ConfigMap.kind, "a")
      #expect(held.at("metadata.deletionTimestamp") == fixture.time.now.json)
      #expect(held.at("metadata.deletionGracePeriodSeconds") == 0)
      let again = try await fixture.delete(ConfigMap.kind, "a")
      #expect(again.object.json == held)
      held["metadata"]?["finalizers"] = ["example.com/hold", "example.com/other"]
      let extended = held
      await expectStatus(
        422, .invalid,
        "ConfigMap \"a\" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is "
          + "being deleted, found new finalizers []string{\"example.com/other\"}"
      ) {
        try await fixture.update(ConfigMap.kind, extended)
      }
      try await fixture.merge(ConfigMap.kind, "a", ["metadata": ["finalizers": .null]])
      await expectStatus(404, .notFound, "configmaps \"a\" not found") {
        _ = try await fixture.get(ConfigMap.kind, "a")
      }
    }
  }

  @Test(arguments: [(DeleteOptions.Propagation.foreground, "foregroundDeletion"), (.orphan, "orphan")])
  func propagationIsAFinalizer(_ policy: DeleteOptions.Propagation, _ finalizer: String) async throws {
    try await RegistryFixture.run { fixture in
      try await fixture.create(Deployment.kind, RegistryFixture.deployment("web"))
      let result = try await fixture.delete(
        Deployment.kind, "web", DeleteOptions(gracePeriodSeconds: nil, propagation: policy))
      #expect(!result.isGone)
      #expect(result.object.json.at("metadata.finalizers") == [.string(finalizer)])
      #expect(result.object.json.at("metadata.generation") == 2)
    }
  }

  @Test func preconditionsGuard() async throws {
    try await RegistryFixture.run { fixture in
      let made = try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("a"))
      let uid = made.at("metadata.uid")?.stringValue ?? ""
      await expectStatus(
        409, .conflict,
        "Operation cannot be fulfilled on configmaps \"a\": the UID in the precondition (x) does not match the UID in "
          + "record (\(uid)). The object might have been deleted and then recreated"
      ) {
        try await fixture.delete(ConfigMap.kind, "a", DeleteOptions(preconditionUID: "x"))
      }
      var options = DeleteOptions(preconditionUID: uid)
      options.preconditionResourceVersion = "1"
      let stale = options
      await expectStatus(
        409, .conflict,
        "Operation cannot be fulfilled on configmaps \"a\": the ResourceVersion in the precondition (1) does not match "
          + "the ResourceVersion in record (\(made.version)). The object might have been modified"
      ) {
        try await fixture.delete(ConfigMap.kind, "a", stale)
      }
      options.preconditionResourceVersion = made.version
      let result = try await fixture.delete(ConfigMap.kind, "a", options)
      #expect(result.isGone)
    }
  }

  @Test func aDryRunDeletesNothing() async throws {
    try await RegistryFixture.run { fixture in
      try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("a"))
      var options = DeleteOptions()
      options.isDryRun = true
      let result = try await fixture.delete(ConfigMap.kind, "a", options)
      #expect(result.isGone)
      _ = try await fixture.get(ConfigMap.kind, "a")
    }
  }

  @Test func collectionsGoBySelector() async throws {
    try await RegistryFixture.run { fixture in
      for (name, label) in [("a", "x"), ("b", "y"), ("c", "x")] {
        var body = RegistryFixture.configMap(name)
        body["metadata"]?["labels"] = ["l": .string(label)]
        try await fixture.create(ConfigMap.kind, body)
      }
      let selected = RegistryListOptions(ListOptions(labelSelector: "l=x"))
      let deleted = try await fixture.registry.deleteCollection(
        ConfigMap.kind, namespace: "default", selected, user: fixture.user)
      #expect(deleted.items.map(\.key.name) == ["a", "c"])
      let left = try await fixture.names(ConfigMap.kind)
      #expect(left == ["default/b"])
    }
  }
}

@Suite struct PodDeletionTests {
  private func scheduled(_ fixture: RegistryFixture, grace: Int? = 30) async throws {
    try await fixture.createPod("a") { pod in
      pod["spec"]?["nodeName"] = "node"
      pod["spec"]?["terminationGracePeriodSeconds"] = grace.map(JSON.int)
    }
  }

  @Test func aPodWithoutNodeGoesAtOnce() async throws {
    try await RegistryFixture.run { fixture in
      try await fixture.createPod("a")
      let result = try await fixture.delete(Pod.kind, "a")
      #expect(result.isGone)
      let answer = try JSONParser.parse(result.responseBytes)
      #expect(answer["kind"] == "Pod")
    }
  }

  @Test func aRunningPodGetsItsTime() async throws {
    try await RegistryFixture.run { fixture in
      try await scheduled(fixture)
      let result = try await fixture.delete(Pod.kind, "a")
      #expect(!result.isGone)
      let pod = result.object.json
      #expect(pod.at("metadata.deletionGracePeriodSeconds") == 30)
      #expect(pod.at("metadata.deletionTimestamp") == fixture.time.now.adding(seconds: 30).json)
    }
  }

  @Test func theTimeCanOnlyBeShortened() async throws {
    try await RegistryFixture.run { fixture in
      try await scheduled(fixture)
      try await fixture.delete(Pod.kind, "a")
      let longer = try await fixture.delete(Pod.kind, "a", DeleteOptions(gracePeriodSeconds: 60))
      #expect(longer.object.json.at("metadata.deletionGracePeriodSeconds") == 30)
      let shorter = try await fixture.delete(Pod.kind, "a", DeleteOptions(gracePeriodSeconds: 5))
      #expect(shorter.object.json.at("metadata.deletionGracePeriodSeconds") == 5)
      #expect(
        shorter.object.json.at("metadata.deletionTimestamp") == fixture.time.now.adding(seconds: 5).json)
    }
  }

  @Test func graceZeroIsTheEnd() async throws {
    try await RegistryFixture.run { fixture in
      try await scheduled(fixture)
      try await fixture.delete(Pod.kind, "a")
      let result = try await fixture.delete(Pod.kind, "a", DeleteOptions(gracePeriodSeconds: 0))
      #expect(result.isGone)
      await expectStatus(404, .notFound, "pods \"a\" not found") { _ = try await fixture.get(Pod.kind, "a") }
    }
  }

  @Test(arguments: ["Succeeded", "Failed"])
  func aFinishedPodGoesAtOnce(_ phase: String) async throws {
    try await RegistryFixture.run { fixture in
      try await scheduled(fixture)
      try await fixture.merge(Pod.kind, "a", ["status": ["phase": .string(phase)]], subresource: "status")
      let result = try await fixture.delete(Pod.kind, "a")
      #expect(result.isGone)
    }
  }

  @Test func aFinalizerOutlivesTheGrace() async throws {
    try await RegistryFixture.run { fixture in
      try await fixture.createPod("a") { pod in
        pod["spec"]?["nodeName"] = "node"
        pod["metadata"]?["finalizers"] = ["example.com/hold"]
      }
      try await fixture.delete(Pod.kind, "a")
      let result = try await fixture.delete(Pod.kind, "a", DeleteOptions(gracePeriodSeconds: 0))
      #expect(!result.isGone)
      #expect(result.object.json.at("metadata.deletionGracePeriodSeconds") == 0)
      try await fixture.merge(Pod.kind, "a", ["metadata": ["finalizers": .null]])
      await expectStatus(404, .notFound, "pods \"a\" not found") { _ = try await fixture.get(Pod.kind, "a") }
    }
  }
}

@Suite struct NamespaceDeletionTests {
  @Test func aNamespaceGoesWhenItIsFinalized() async throws {
    try await RegistryFixture.run { fixture in
      let made = try await fixture.get(Namespace.kind, "other")
      #expect(made.at("status.phase") == "Active")
      #expect(made.at("spec.finalizers") == ["kubernetes"])
      #expect(made["metadata"]?["labels"]?["kubernetes.io/metadata.name"] == "other")
      let result = try await fixture.delete(Namespace.kind, "other")
      #expect(!result.isGone)
      var namespace = result.object.json
      #expect(namespace.at("status.phase") == "Terminating")
      #expect(namespace.at("metadata.deletionTimestamp") != nil)
      namespace["spec"] = [:]
      let unchanged = try await fixture.update(Namespace.kind, namespace)
      #expect(unchanged.at("spec.finalizers") == ["kubernetes"])
      namespace["metadata"]?["resourceVersion"] = unchanged[path: "metadata", "resourceVersion"]
      try await fixture.update(Namespace.kind, namespace, subresource: "finalize")
      await expectStatus(404, .notFound, "namespaces \"other\" not found") {
        _ = try await fixture.get(Namespace.kind, "other")
      }
    }
  }

  @Test func systemNamespacesStay() async throws {
    try await RegistryFixture.run { fixture in
      await expectStatus(
        403, .forbidden, "namespaces \"default\" is forbidden: this namespace may not be deleted"
      ) {
        try await fixture.delete(Namespace.kind, "default")
      }
    }
  }
}
