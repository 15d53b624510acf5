import KubernetesAPI
import Storage
import Testing

@testable import APIServer
@testable import HTTPServing

@Suite struct RegistryLifeTests {
  @Test func bootstrapIsRepeatable() async throws {
    try await RegistryFixture.run { fixture in
      try await Bootstrap(registry: fixture.registry, advertiseAddress: "192.0.2.1", port: 6443).run()
      let before = fixture.store.revision
      try await Bootstrap(registry: fixture.registry, advertiseAddress: "192.0.2.1", port: 6443).run()
      #expect(fixture.store.revision == before)
      let namespaces = try await fixture.names(Namespace.kind)
      #expect(namespaces == ["default", "kube-node-lease", "kube-public", "kube-system", "other"])
      let service = try await fixture.get(Service.kind, "kubernetes")
      #expect(service.at("spec.clusterIP") == "10.43.0.1")
      let endpoints = try await fixture.get(Endpoints.kind, "kubernetes")
      #expect(endpoints["subsets"]?.arrayValue?[0]["addresses"]?.arrayValue?[0]["ip"] == "192.0.2.1")
    }
  }

  @Test func bootstrapFollowsTheServersAddress() async throws {
    try await RegistryFixture.run { fixture in
      try await Bootstrap(registry: fixture.registry, advertiseAddress: "192.0.2.1", port: 6443).run()
      try await Bootstrap(registry: fixture.registry, advertiseAddress: "192.0.2.2", port: 6443).run()
      let slice = try await fixture.get(EndpointSlice.kind, "kubernetes")
      #expect(slice["endpoints"]?.arrayValue?.first?["addresses"] == ["192.0.2.2"])
    }
  }

  @Test func aNewRegistryReadsWhatIsStored() async throws {
    try await RegistryFixture.run { fixture in
      let made = try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("a", ["k": "ü\n"]))
      let again = try Registry(store: fixture.store)
      let key = ObjectKey(namespace: "default", name: "a")
      let read = try await again.get(ConfigMap.kind, key, user: fixture.user)
      #expect(read.json == made)
    }
  }

  @Test func anEntryThatCannotBeReadCostsItself() async throws {
    let store = MemoryStore()
    _ = try await store.commit(
      StoreTransaction(writes: [.put(key: "/registry/core/configmaps/default/bad", value: Array("{".utf8))]))
    let registry = try Registry(store: store)
    let list = try await registry.list(ConfigMap.kind, namespace: nil, user: .server)
    #expect(list.items.isEmpty)
  }

  @Test func eventsAreForgotten() async throws {
    try await RegistryFixture.run { fixture in
      let event: JSON = [
        "metadata": ["name": "e1"], "involvedObject": ["kind": "Pod", "name": "a", "namespace": "default"],
        "reason": "Started", "type": "Normal", "lastTimestamp": fixture.time.now.json,
      ]
      try await fixture.create(Event.kind, event)
      fixture.time.advance(seconds: 1800)
      var young = event
      young["metadata"]?["name"] = "e2"
      young["lastTimestamp"] = fixture.time.now.json
      try await fixture.create(Event.kind, young)
      fixture.time.advance(seconds: 1801)
      await fixture.registry.expireEvents()
      let names = try await fixture.names(Event.kind)
      #expect(names == ["default/e2"])
    }
  }

  @Test func eventsAreKeptAsText() async throws {
    try await RegistryFixture.run { fixture in
      try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("a"))
      try await fixture.create(Event.kind, ["metadata": ["name": "a"], "reason": "Started", "type": "Normal"])
      for (kind, isDecoded) in [(ConfigMap.kind, true), (Event.kind, false)] {
        let (_, cache) = try fixture.registry.serving(kind)
        let object = try #require(cache[ObjectKey(namespace: "default", name: "a")])
        #expect(object.json[path: "metadata", "name"]?.stringValue == "a")
        #expect(object.isDecoded == isDecoded, "\(kind)")
      }
    }
  }

  @Test func historyIsCompacted() async throws {
    try await RegistryFixture.run { fixture in
      await fixture.time.sleeperAppears(seconds: 300)
      let start = fixture.store.revision
      try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("a"))
      fixture.time.advance(seconds: 300)
      await fixture.time.sleeperAppears(seconds: 300)
      try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("b"))
      fixture.time.advance(seconds: 300)
      await fixture.time.sleeperAppears(seconds: 300)
      #expect(throws: StorageError.self) { _ = try fixture.store.watch(prefix: "/", after: start) }
    }
  }

  @Test func uidsAreRandomUUIDs() {
    let uid = RegistryEnvironment.system.uid()
    #expect(uid.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
  }
}

@Suite struct InProcessTransportTests {
  @Test func treesAreSharedAndEventsFlow() async throws {
    try await RegistryFixture.run { fixture in
      let transport: any APITransport = InProcessTransport(registry: fixture.registry, user: .scheduler)
      let list = try await transport.list(Pod.kind, namespace: nil, ListOptions())
      let watch = try await transport.watch(
        Pod.kind, namespace: nil, ListOptions(resourceVersion: list.resourceVersion))
      let made = try await transport.create(
        Pod.kind, namespace: "default", RegistryFixture.pod("a"), subresource: nil)
      _ = try await transport.create(
        Pod.kind, namespace: "default", ["metadata": ["name": "a"], "target": ["name": "n1"]], subresource: "binding")
      let key = ObjectKey(namespace: "default", name: "a")
      try await transport.delete(Pod.kind, key, DeleteOptions(gracePeriodSeconds: 0))
      var types: [WatchEvent.Kind] = []
      for try await event in watch {
        types.append(event.type)
        if types.count == 1 { #expect(event.object == made) }
        if types.count == 3 { break }
      }
      #expect(types == [.added, .modified, .deleted])
      await expectStatus(404, .notFound, "pods \"a\" not found") { _ = try await transport.get(Pod.kind, key) }
    }
  }

  private struct ReadOnly: Authorizer {
    func authorize(_ attributes: AuthorizationAttributes) -> AuthorizationDecision {
      attributes.verb == "create" ? .noOpinion(reason: "") : .allow
    }
  }

  @Test func theAuthorizerIsAsked() async throws {
    try await RegistryFixture.run { fixture in
      let transport = InProcessTransport(registry: fixture.registry, user: fixture.user, authorizer: ReadOnly())
      _ = try await transport.list(Pod.kind, namespace: nil, ListOptions())
      await expectStatus(
        403, .forbidden,
        "pods is forbidden: User \"tester\" cannot create resource \"pods\" in API group \"\" "
          + "in the namespace \"default\""
      ) {
        _ = try await transport.create(Pod.kind, namespace: "default", RegistryFixture.pod("a"), subresource: nil)
      }
    }
  }
}
