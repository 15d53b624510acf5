import KubernetesAPI
import Testing

@testable import APIServer

@Suite struct SubresourceTests {
  private func bind(_ fixture: RegistryFixture, _ pod: String, to node: String) async throws -> WriteResult {
    let binding: JSON = [
      "metadata": ["name": .string(pod), "annotations": ["by": "test"]],
      "target": ["kind": "Node", "name": .string(node)],
    ]
    return try await fixture.registry.create(
      Pod.kind, namespace: "default", name: pod, ObjectBody(binding), subresource: "binding", user: fixture.user)
  }

  @Test func aBindingAssignsANode() async throws {
    try await RegistryFixture.run { fixture in
      try await fixture.createPod("a")
      let result = try await bind(fixture, "a", to: "n1")
      #expect(result.isCreated)
      #expect(result.object.json["status"] == "Success")
      let pod = try await fixture.get(Pod.kind, "a")
      #expect(pod.at("spec.nodeName") == "n1")
      #expect(pod.at("metadata.annotations.by") == "test")
      let condition = pod.at("status.conditions")?.arrayValue?.first { $0["type"] == "PodScheduled" }
      #expect(condition?["status"] == "True")
      #expect(condition?["lastTransitionTime"] == fixture.time.now.json)
      let selected = try await fixture.names(
        Pod.kind, RegistryListOptions(ListOptions(fieldSelector: "spec.nodeName=n1")))
      #expect(selected == ["default/a"])
    }
  }

  @Test func aBoundPodStays() async throws {
    try await RegistryFixture.run { fixture in
      try await fixture.createPod("a")
      _ = try await bind(fixture, "a", to: "n1")
      await expectStatus(
        409, .conflict,
        "Operation cannot be fulfilled on pods/binding \"a\": pod a is already assigned to node \"n1\""
      ) {
        _ = try await bind(fixture, "a", to: "n2")
      }
    }
  }

  @Test func aBindingNeedsATarget() async throws {
    try await RegistryFixture.run { fixture in
      try await fixture.createPod("a")
      await expectStatus(422, .invalid, "Binding \"a\" is invalid: target.name: Required value") {
        _ = try await bind(fixture, "a", to: "")
      }
    }
  }

  @Test func oneOfManySchedulersWins() async throws {
    try await RegistryFixture.run { fixture in
      try await fixture.createPod("a")
      let winners = await withTaskGroup(of: Bool.self) { group in
        for number in 0..<16 { group.addTask { (try? await bind(fixture, "a", to: "n\(number)")) != nil } }
        return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      }
      #expect(winners == 1)
    }
  }

  @Test func scaleIsReadAndWritten() async throws {
    try await RegistryFixture.run { fixture in
      let made = try await fixture.create(Deployment.kind, RegistryFixture.deployment("web", replicas: 2))
      let key = ObjectKey(namespace: "default", name: "web")
      var scale = try await fixture.registry.get(Deployment.kind, key, subresource: "scale", user: fixture.user).json
      #expect(scale["kind"] == "Scale")
      #expect(scale["apiVersion"] == "autoscaling/v1")
      #expect(scale.at("spec.replicas") == 2)
      #expect(scale.at("status.selector") == "app=web")
      #expect(scale.version == made.version)
      scale["spec"]?["replicas"] = 5
      let updated = try await fixture.update(Deployment.kind, scale, subresource: "scale")
      #expect(updated.at("spec.replicas") == 5)
      let deployment = try await fixture.get(Deployment.kind, "web")
      #expect(deployment.at("spec.replicas") == 5)
      #expect(deployment.at("metadata.generation") == 2)
      let stale = scale
      await expectStatus(
        409, .conflict, "Operation cannot be fulfilled on deployments.apps \"web\": \(UpdateTests.modified)"
      ) {
        try await fixture.update(Deployment.kind, stale, subresource: "scale")
      }
    }
  }

  @Test func scaleIsPatched() async throws {
    try await RegistryFixture.run { fixture in
      try await fixture.create(Deployment.kind, RegistryFixture.deployment("web"))
      let scale = try await fixture.merge(Deployment.kind, "web", ["spec": ["replicas": 0]], subresource: "scale")
      #expect(scale.at("spec.replicas") == nil)
      let deployment = try await fixture.get(Deployment.kind, "web")
      #expect(deployment.at("spec.replicas") == 0)
      await expectStatus(
        422, .invalid,
        "Scale.autoscaling \"web\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0"
      ) {
        try await fixture.merge(Deployment.kind, "web", ["spec": ["replicas": -1]], subresource: "scale")
      }
    }
  }

  @Test func anEvictionDeletes() async throws {
    try await RegistryFixture.run { fixture in
      try await fixture.createPod("a")
      let eviction: JSON = ["apiVersion": "policy/v1", "kind": "Eviction", "metadata": ["name": "a"]]
      let result = try await fixture.registry.create(
        Pod.kind, namespace: "default", name: "a", ObjectBody(eviction), subresource: "eviction", user: fixture.user)
      #expect(result.isCreated)
      await expectStatus(404, .notFound, "pods \"a\" not found") { _ = try await fixture.get(Pod.kind, "a") }
    }
  }
}
