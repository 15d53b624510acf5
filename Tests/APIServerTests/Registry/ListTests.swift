import KubernetesAPI
import Testing

@testable import APIServer

@Suite struct ListTests {
  private func fill(_ fixture: RegistryFixture, _ count: Int = 5) async throws {
    for number in 0..<count {
      var body = RegistryFixture.configMap("c\(number)")
      body["metadata"]?["labels"] = ["parity": number % 2 == 0 ? "even" : "odd"]
      try await fixture.create(ConfigMap.kind, body)
    }
  }

  @Test func listsAreOrderedAndWithinTheirNamespace() async throws {
    try await RegistryFixture.run { fixture in
      try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("z"), in: "other")
      for name in ["b", "c", "a"] { try await fixture.create(ConfigMap.kind, RegistryFixture.configMap(name)) }
      let all = try await fixture.names(ConfigMap.kind)
      #expect(all == ["default/a", "default/b", "default/c", "other/z"])
      let one = try await fixture.names(ConfigMap.kind, in: "other")
      #expect(one == ["other/z"])
      let none = try await fixture.names(ConfigMap.kind, in: "othe")
      #expect(none.isEmpty)
    }
  }

  @Test func selectorsSelect() async throws {
    try await RegistryFixture.run { fixture in
      try await fill(fixture)
      let even = try await fixture.names(ConfigMap.kind, RegistryListOptions(ListOptions(labelSelector: "parity=even")))
      #expect(even == ["default/c0", "default/c2", "default/c4"])
      let others = try await fixture.names(
        ConfigMap.kind,
        RegistryListOptions(ListOptions(labelSelector: "parity=even", fieldSelector: "metadata.name!=c2")))
      #expect(others == ["default/c0", "default/c4"])
    }
  }

  @Test(arguments: [
    ("spec.nodeName=", ["default/a"]), ("spec.nodeName=n1", ["default/b"]), ("spec.nodeName!=n1", ["default/a"]),
    ("spec.nodeName==n1,metadata.name=a", []), ("status.phase=Pending", ["default/a", "default/b"]),
    ("spec.hostNetwork=false", ["default/a", "default/b"]), ("metadata.namespace=other", []),
  ])
  func podsAreSelectedByField(_ selector: String, _ expected: [String]) async throws {
    try await RegistryFixture.run { fixture in
      try await fixture.createPod("a")
      try await fixture.createPod("b") { $0["spec"]?["nodeName"] = "n1" }
      let names = try await fixture.names(Pod.kind, RegistryListOptions(ListOptions(fieldSelector: selector)))
      #expect(names == expected)
    }
  }

  @Test func unknownFieldsAreRefused() async throws {
    try await RegistryFixture.run { fixture in
      await expectStatus(
        400, .badRequest,
        "Unable to find \"/v1, Resource=configmaps\" that match label selector \"\", field selector \"spec.x=1\": "
          + "field label not supported: spec.x"
      ) {
        _ = try await fixture.names(ConfigMap.kind, RegistryListOptions(ListOptions(fieldSelector: "spec.x=1")))
      }
    }
  }

  @Test func pagesShowOneMoment() async throws {
    try await RegistryFixture.run { fixture in
      try await fill(fixture)
      var options = ListOptions()
      options.limit = 2
      let first = try await fixture.registry.list(
        ConfigMap.kind, namespace: "default", RegistryListOptions(options), user: fixture.user)
      #expect(first.items.map(\.key.name) == ["c0", "c1"])
      #expect(first.remainingItemCount == 3)
      try await fixture.delete(ConfigMap.kind, "c2")
      try await fixture.merge(ConfigMap.kind, "c3", ["data": ["new": "yes"]])
      try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("c3a"))
      options.continueToken = first.continueToken
      options.limit = 10
      let rest = try await fixture.registry.list(
        ConfigMap.kind, namespace: "default", RegistryListOptions(options), user: fixture.user)
      #expect(rest.items.map(\.key.name) == ["c2", "c3", "c4"])
      #expect(rest.items[1].json.at("data.new") == nil)
      #expect(rest.resourceVersion == first.resourceVersion)
      #expect(rest.continueToken.isEmpty)
    }
  }

  @Test func forgottenPagesExpire() async throws {
    try await RegistryFixture.run({ $0.historyEvents = 2 }) { fixture in
      try await fill(fixture)
      var options = ListOptions()
      options.limit = 2
      let first = try await fixture.registry.list(
        ConfigMap.kind, namespace: nil, RegistryListOptions(options), user: fixture.user)
      for _ in 0..<4 {
        try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("x"))
        try await fixture.delete(ConfigMap.kind, "x")
      }
      options.continueToken = first.continueToken
      let query = RegistryListOptions(options)
      do {
        _ = try await fixture.names(ConfigMap.kind, query)
        Issue.record("the continue token should have expired")
      } catch let status as Status {
        #expect(status.code == 410)
        #expect(status.reason == .expired)
        #expect(status.message.hasPrefix("The provided continue parameter is too old"))
      }
    }
  }

  @Test func exactVersionsShowThePast() async throws {
    try await RegistryFixture.run { fixture in
      let first = try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("a"))
      try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("b"))
      let list = ListOptions(resourceVersion: first.version)
      let exact = try await fixture.names(ConfigMap.kind, RegistryListOptions(list, resourceVersionMatch: "Exact"))
      #expect(exact == ["default/a"])
      let fresh = try await fixture.names(ConfigMap.kind, RegistryListOptions(list))
      #expect(fresh == ["default/a", "default/b"])
    }
  }

  @Test func theFutureTimesOut() async throws {
    try await RegistryFixture.run { fixture in
      let current = fixture.store.revision
      async let waiting: Void = expectStatus(
        504, .timeout, "Timeout: Too large resource version: \(current + 5), current: \(current)"
      ) {
        let options = ListOptions(resourceVersion: String(current + 5))
        _ = try await fixture.names(ConfigMap.kind, RegistryListOptions(options))
      }
      await fixture.time.sleeperAppears(seconds: 3)
      fixture.time.advance(seconds: 3)
      await waiting
    }
  }

  @Test func optionsThatContradictAreRefused() async throws {
    try await RegistryFixture.run { fixture in
      await expectStatus(
        422, .invalid,
        "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden "
          + "unless resourceVersion is provided"
      ) {
        _ = try await fixture.names(ConfigMap.kind, RegistryListOptions(resourceVersionMatch: "Exact"))
      }
      await expectStatus(
        422, .invalid,
        "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting "
          + "resourceVersionMatch to NotOlderThan"
      ) {
        _ = try await fixture.watch(ConfigMap.kind, RegistryListOptions(sendInitialEvents: true))
      }
    }
  }

  @Test(arguments: [
    ContinueToken(revision: 7, key: ObjectKey(namespace: "default", name: "web-1")),
    ContinueToken(revision: nil, key: ObjectKey(name: "node.example.com")),
    ContinueToken(revision: 123_456_789, key: ObjectKey(namespace: "a", name: "system:thing?")),
  ])
  func continueTokensRoundTrip(_ token: ContinueToken) {
    #expect(ContinueToken(token.text) == token)
    #expect(token.text.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" })
    #expect(ContinueToken(token.text + "!") == nil)
  }
}
