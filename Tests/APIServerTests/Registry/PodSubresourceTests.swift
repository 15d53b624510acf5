import KubernetesAPI
import Testing

@testable import APIServer

/// What may change of a running pod: its ephemeral containers and the amounts of cpu and memory.
@Suite struct PodSubresourceTests {
  private static let ephemeral = "ephemeralcontainers"

  private func debug(_ name: String, image: String = "busybox") -> JSON {
    ["name": .string(name), "image": .string(image), "targetContainerName": "main"]
  }

  @Test func ephemeralContainersAreAddedAndKept() async throws {
    try await RegistryFixture.run { fixture in
      var pod = try await fixture.createPod("a")
      pod["spec"]?["ephemeralContainers"] = [debug("one")]
      pod["metadata"]?["labels"] = ["not": "taken"]
      let made = try await fixture.update(Pod.kind, pod, subresource: Self.ephemeral)
      let container = made.at("spec.ephemeralContainers")?.arrayValue?.first
      #expect(container?["imagePullPolicy"] == "Always")
      #expect(container?["targetContainerName"] == "main")
      #expect(made.at("metadata.labels") == nil)
      let key = ObjectKey(namespace: "default", name: "a")
      let read = try await fixture.registry.get(Pod.kind, key, subresource: Self.ephemeral, user: fixture.user).json
      #expect(read == made)
      // An ordinary update adds none.
      var other = made
      other["spec"]?["ephemeralContainers"] = nil
      await #expect(throws: Status.self) { try await fixture.update(Pod.kind, other) }
    }
  }

  @Test func ephemeralContainersAreNeitherRemovedNorChanged() async throws {
    try await RegistryFixture.run { fixture in
      var pod = try await fixture.createPod("a")
      pod["spec"]?["ephemeralContainers"] = [debug("one")]
      let made = try await fixture.update(Pod.kind, pod, subresource: Self.ephemeral)
      var removed = made
      removed["spec"]?["ephemeralContainers"] = [debug("two")]
      await refuses(
        "spec.ephemeralContainers: Forbidden: existing ephemeral containers \"one\" may not be removed\n"
      ) {
        try await fixture.update(Pod.kind, removed, subresource: Self.ephemeral)
      }
      var changed = made
      changed["spec"]?["ephemeralContainers"] = [debug("one", image: "other")]
      await refuses("existing ephemeral containers \"one\" may not be changed") {
        try await fixture.update(Pod.kind, changed, subresource: Self.ephemeral)
      }
    }
  }

  @Test func ephemeralContainersAreChecked() async throws {
    try await RegistryFixture.run { fixture in
      var pod = try await fixture.createPod("a")
      pod["spec"]?["ephemeralContainers"] = [
        ["name": "main", "image": "busybox", "ports": [["containerPort": 1]], "targetContainerName": "nobody"]
      ]
      for text in [
        "spec.ephemeralContainers[0].name: Duplicate value: \"main\"",
        "spec.ephemeralContainers[0].targetContainerName: Not found: \"nobody\"",
        "spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container",
      ] {
        let wanted = pod
        await refuses(text) { try await fixture.update(Pod.kind, wanted, subresource: Self.ephemeral) }
      }
    }
  }

  // MARK: resize

  private func amounts(_ cpu: String, _ memory: String = "64Mi") -> JSON {
    ["requests": ["cpu": .string(cpu), "memory": .string(memory)], "limits": ["cpu": "500m", "memory": .string(memory)]]
  }

  private func resizablePod(_ fixture: RegistryFixture) async throws -> JSON {
    try await fixture.createPod("a") { pod in
      pod["spec"]?["containers"] = [["name": "main", "image": "busybox", "resources": amounts("100m")]]
    }
  }

  private func resized(_ pod: JSON, _ resources: JSON) -> JSON {
    var pod = pod
    var container = pod.at("spec.containers")?.arrayValue?[0] ?? .null
    container["resources"] = resources
    pod["spec"]?["containers"] = [container]
    return pod
  }

  @Test func amountsChangeAndAreProposedToTheNode() async throws {
    try await RegistryFixture.run { fixture in
      let pod = try await resizablePod(fixture)
      #expect(pod.at("status.resize") == nil)
      let made = try await fixture.update(Pod.kind, resized(pod, amounts("200m")), subresource: "resize")
      #expect(made.at("spec.containers")?.arrayValue?[0].at("resources.requests.cpu") == "200m")
      #expect(made.at("status.resize") == "Proposed")
      let same = try await fixture.update(Pod.kind, made, subresource: "resize")
      #expect(same.version == made.version)
      // Not by an ordinary update.
      await refuses("pod updates may not change fields other than") {
        try await fixture.update(Pod.kind, resized(made, amounts("300m")))
      }
    }
  }

  @Test func nothingElseChangesByAResize() async throws {
    try await RegistryFixture.run { fixture in
      let pod = try await resizablePod(fixture)
      let cases: [(JSON, String)] = [
        (["requests": ["cpu": "100m", "memory": "64Mi"], "limits": ["cpu": "500m"]], "resource limits cannot be removed"),
        (amounts("500m"), "spec: Invalid value: \"Guaranteed\": Pod QOS Class may not change as a result of resizing"),
        (amounts("100m", "32Mi"), "memory limits cannot be decreased unless resizePolicy is RestartContainer"),
      ]
      for (resources, text) in cases {
        await refuses(text) { try await fixture.update(Pod.kind, resized(pod, resources), subresource: "resize") }
      }
      var image = pod
      image["spec"]?["containers"] = [["name": "main", "image": "other", "resources": amounts("100m")]]
      await refuses("only cpu and memory resources are mutable") {
        try await fixture.update(Pod.kind, image, subresource: "resize")
      }
      var renamed = pod
      renamed["spec"]?["containers"] = [["name": "mine", "image": "busybox", "resources": amounts("100m")]]
      await refuses("containers may not be renamed or reordered on resize") {
        try await fixture.update(Pod.kind, renamed, subresource: "resize")
      }
    }
  }

  private func refuses(
    _ text: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
  ) async {
    do {
      try await body()
      Issue.record("expected a refusal: \(text)", sourceLocation: sourceLocation)
    } catch let status as Status {
      #expect(status.code == 422, sourceLocation: sourceLocation)
      #expect(status.message.contains(text), "\(status.message)", sourceLocation: sourceLocation)
    } catch {
      Issue.record("unexpected error \(error)", sourceLocation: sourceLocation)
    }
  }
}
