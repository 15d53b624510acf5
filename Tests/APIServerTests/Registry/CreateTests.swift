import KubernetesAPI
import Testing

@testable import APIServer

@Suite struct CreateTests {
  @Test func theServerSetsIdentity() async throws {
    try await RegistryFixture.run { fixture in
      var body = RegistryFixture.configMap("a", ["k": "v"])
      body["metadata"]?["managedFields"] = [["manager": "kubectl"]]
      body["metadata"]?["deletionTimestamp"] = "2020-01-01T00:00:00Z"
      let made = try await fixture.create(ConfigMap.kind, body)
      #expect(made["kind"] == "ConfigMap")
      #expect(made["apiVersion"] == "v1")
      #expect(made.at("metadata.namespace") == "default")
      #expect(made.at("metadata.creationTimestamp") == fixture.time.now.json)
      #expect(made.at("metadata.uid")?.stringValue?.count == 36)
      #expect(made.at("metadata.managedFields") == nil)
      #expect(made.at("metadata.deletionTimestamp") == nil)
      #expect(made.version == String(fixture.store.revision))
      let read = try await fixture.get(ConfigMap.kind, "a")
      #expect(read == made)
    }
  }

  @Test func bytesAreTheTreeWithItsVersion() async throws {
    try await RegistryFixture.run { fixture in
      try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("a", ["k": "v"]))
      let key = ObjectKey(namespace: "default", name: "a")
      let object = try await fixture.registry.get(ConfigMap.kind, key, user: fixture.user)
      let text = String(decoding: object.bytes, as: UTF8.self)
      #expect(
        text.hasPrefix(
          #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"resourceVersion":"\#(object.revision)","#))
      let parsed = try JSONParser.parse(object.bytes)
      #expect(parsed == object.json)
    }
  }

  @Test func aTakenNameIsRefused() async throws {
    try await RegistryFixture.run { fixture in
      try await fixture.create(Deployment.kind, RegistryFixture.deployment("web"))
      await expectStatus(409, .alreadyExists, "deployments.apps \"web\" already exists") {
        try await fixture.create(Deployment.kind, RegistryFixture.deployment("web"))
      }
    }
  }

  @Test func namesAreGenerated() async throws {
    try await RegistryFixture.run { fixture in
      var names: Set<String> = []
      for _ in 0..<20 {
        let made = try await fixture.create(ConfigMap.kind, ["metadata": ["generateName": "web-"]])
        names.insert(made.objectName)
      }
      #expect(names.count == 20)
      #expect(names.allSatisfy { $0.hasPrefix("web-") && $0.count == 9 })
    }
  }

  @Test func theNamespaceMustExist() async throws {
    try await RegistryFixture.run { fixture in
      await expectStatus(404, .notFound, "namespaces \"nope\" not found") {
        try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("a"), in: "nope")
      }
      await expectStatus(
        400, .badRequest, "the namespace of the provided object does not match the namespace sent on the request"
      ) {
        var body = RegistryFixture.configMap("a")
        body["metadata"]?["namespace"] = "other"
        try await fixture.create(ConfigMap.kind, body)
      }
    }
  }

  @Test func aTerminatingNamespaceTakesNothingNew() async throws {
    try await RegistryFixture.run { fixture in
      try await fixture.delete(Namespace.kind, "other")
      await expectStatus(
        403, .forbidden,
        "configmaps \"a\" is forbidden: unable to create new content in namespace other because it is being terminated"
      ) {
        try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("a"), in: "other")
      }
    }
  }

  @Test func bodiesOfOtherKindsAreRefused() async throws {
    try await RegistryFixture.run { fixture in
      await expectStatus(
        400, .badRequest,
        "the API version in the data (apps/v1beta1) does not match the expected API version (apps/v1)"
      ) {
        try await fixture.create(Deployment.kind, ["apiVersion": "apps/v1beta1", "kind": "Deployment"])
      }
    }
  }

  private static func misspelled() -> ObjectBody {
    let pod = RegistryFixture.pod("a") { pod in
      pod["spec"]?["containers"] = [["name": "main", "image": "busybox", "imagee": "x"]]
      pod["spec"]?["replicas"] = 3
    }
    return ObjectBody(pod, duplicatePaths: ["spec.restartPolicy"])
  }

  @Test func unknownFieldsAreWarnedOfAndDropped() async throws {
    try await RegistryFixture.run { fixture in
      let result = try await fixture.registry.create(
        Pod.kind, namespace: "default", Self.misspelled(), WriteOptions(fieldValidation: .warn), user: fixture.user)
      #expect(
        result.warnings == [
          "unknown field \"spec.containers[0].imagee\"", "unknown field \"spec.replicas\"",
          "duplicate field \"spec.restartPolicy\"",
        ])
      #expect(result.object.json.at("spec.replicas") == nil)
    }
  }

  @Test func unknownFieldsAreRefusedStrictly() async throws {
    try await RegistryFixture.run { fixture in
      await expectStatus(
        400, .badRequest,
        "Pod in version \"v1\" cannot be handled as a Pod: strict decoding error: "
          + "unknown field \"spec.containers[0].imagee\", unknown field \"spec.replicas\", "
          + "duplicate field \"spec.restartPolicy\""
      ) {
        _ = try await fixture.registry.create(
          Pod.kind, namespace: "default", Self.misspelled(), WriteOptions(fieldValidation: .strict), user: fixture.user)
      }
    }
  }

  @Test func invalidObjectsNameTheirFields() async throws {
    try await RegistryFixture.run { fixture in
      await expectStatus(
        422, .invalid,
        "ConfigMap \"A\" is invalid: metadata.name: Invalid value: \"A\": a lowercase RFC 1123 subdomain "
          + "must consist of lower case alphanumeric characters, '-' or '.', and must start and end "
          + "with an alphanumeric character (e.g. 'example.com', regex used for validation is "
          + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
      ) {
        try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("A"))
      }
      await expectStatus(
        422, .invalid, "ConfigMap \"\" is invalid: metadata.name: Required value: name or generateName is required"
      ) {
        try await fixture.create(ConfigMap.kind, ["data": [:]])
      }
    }
  }

  @Test func aDryRunStoresNothing() async throws {
    try await RegistryFixture.run { fixture in
      let before = fixture.store.revision
      let made = try await fixture.create(
        ConfigMap.kind, RegistryFixture.configMap("a"), WriteOptions(isDryRun: true))
      #expect(made.at("metadata.uid") != nil)
      #expect(fixture.store.revision == before)
      await expectStatus(404, .notFound, "configmaps \"a\" not found") {
        _ = try await fixture.get(ConfigMap.kind, "a")
      }
    }
  }

  @Test func unknownSubresourcesAreNotFound() async throws {
    try await RegistryFixture.run { fixture in
      let key = ObjectKey(namespace: "default", name: "a")
      await expectStatus(404, .notFound, "the server could not find the requested resource") {
        _ = try await fixture.registry.get(ConfigMap.kind, key, subresource: "scale", user: fixture.user)
      }
    }
  }

  @Test func podsGetWhatAdmissionGives() async throws {
    try await RegistryFixture.run { fixture in
      let pod = try await fixture.createPod("a") { $0["status"] = ["phase": "Running"] }
      #expect(pod.at("status.phase") == "Pending")
      #expect(pod.at("status.qosClass") == "BestEffort")
      #expect(pod.at("spec.serviceAccountName") == "default")
      #expect(pod.at("spec.serviceAccount") == "default")
      #expect(pod.at("spec.priority") == 0)
      #expect(pod.at("spec.preemptionPolicy") == "PreemptLowerPriority")
      let tolerations: JSON = [
        [
          "key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300,
        ],
        [
          "key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute",
          "tolerationSeconds": 300,
        ],
      ]
      #expect(pod.at("spec.tolerations") == tolerations)
    }
  }

  @Test func podsKeepTheirOwnTolerations() async throws {
    try await RegistryFixture.run { fixture in
      let pod = try await fixture.createPod("a") { $0["spec"]?["tolerations"] = [["operator": "Exists"]] }
      #expect(pod.at("spec.tolerations")?.arrayValue?.count == 1)
    }
  }

  @Test func podsNeedTheirServiceAccount() async throws {
    try await RegistryFixture.run { fixture in
      await expectStatus(
        403, .forbidden,
        "pods \"a\" is forbidden: error looking up service account default/robot: serviceaccount \"robot\" not found"
      ) {
        try await fixture.createPod("a") { $0["spec"]?["serviceAccountName"] = "robot" }
      }
    }
  }

  @Test func unknownPriorityClassesAreRefused() async throws {
    try await RegistryFixture.run { fixture in
      await expectStatus(403, .forbidden, "pods \"a\" is forbidden: no PriorityClass with name gold was found") {
        try await fixture.createPod("a") { $0["spec"]?["priorityClassName"] = "gold" }
      }
    }
  }

  private static let qosCases: [(resources: JSON, qosClass: String)] = [
    ([:], "BestEffort"),
    (["requests": ["cpu": "0"]], "BestEffort"),
    (["requests": ["cpu": "100m"]], "Burstable"),
    (["limits": ["cpu": "1", "memory": "1Gi"]], "Guaranteed"),
    (["limits": ["cpu": "1", "memory": "1Gi"], "requests": ["cpu": "1000m", "memory": "1024Mi"]], "Guaranteed"),
    (["limits": ["cpu": "1", "memory": "1Gi"], "requests": ["cpu": "500m"]], "Burstable"),
    (["limits": ["memory": "1Gi"]], "Burstable"),
  ]

  @Test(arguments: qosCases)
  func qosClasses(_ resources: JSON, _ expected: String) {
    let pod = RegistryFixture.pod("a") { pod in
      pod["spec"]?["containers"] = [["name": "main", "image": "busybox", "resources": resources]]
    }
    #expect(QOSClass.of(pod) == expected)
  }
}
