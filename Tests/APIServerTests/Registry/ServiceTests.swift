import KubernetesAPI
import Storage
import Testing

@testable import APIServer

@Suite struct ServiceTests {
  private static func service(_ name: String, _ spec: JSON = [:]) -> JSON {
    var spec = spec
    if spec["ports"] == nil { spec["ports"] = [["port": 80]] }
    if spec["selector"] == nil { spec["selector"] = ["app": "web"] }
    return ["metadata": ["name": .string(name)], "spec": spec]
  }

  private func address(_ service: JSON) -> String { service.at("spec.clusterIP")?.stringValue ?? "" }

  private func nodePorts(_ service: JSON) -> [Int] {
    service.at("spec.ports")?.arrayValue?.compactMap { $0["nodePort"]?.intValue } ?? []
  }

  @Test func servicesGetAddresses() async throws {
    try await RegistryFixture.run { fixture in
      let first = try await fixture.create(Service.kind, Self.service("a"))
      let second = try await fixture.create(Service.kind, Self.service("b"))
      #expect(address(first).hasPrefix("10.43."))
      #expect(address(first) != address(second))
      #expect(first.at("spec.clusterIPs") == [.string(address(first))])
      #expect(first.at("spec.ipFamilies") == ["IPv4"])
      #expect(first.at("spec.ipFamilyPolicy") == "SingleStack")
      #expect(first.at("status") == ["loadBalancer": [:]])
      #expect(nodePorts(first).isEmpty)
    }
  }

  @Test func givenAddressesAreChecked() async throws {
    try await RegistryFixture.run { fixture in
      let made = try await fixture.create(Service.kind, Self.service("a", ["clusterIP": "10.43.0.10"]))
      #expect(address(made) == "10.43.0.10")
      await expectStatus(
        422, .invalid,
        "Service \"b\" is invalid: spec.clusterIPs: Invalid value: []string{\"10.43.0.10\"}: "
          + "failed to allocate IP 10.43.0.10: provided IP is already allocated"
      ) {
        try await fixture.create(Service.kind, Self.service("b", ["clusterIP": "10.43.0.10"]))
      }
      await expectStatus(
        422, .invalid,
        "Service \"b\" is invalid: spec.clusterIPs: Invalid value: []string{\"10.44.0.1\"}: "
          + "failed to allocate IP 10.44.0.1: the provided IP (10.44.0.1) is not in the valid range. "
          + "The range of valid IPs is 10.43.0.0/16"
      ) {
        try await fixture.create(Service.kind, Self.service("b", ["clusterIP": "10.44.0.1"]))
      }
      try await fixture.delete(Service.kind, "a")
      let again = try await fixture.create(Service.kind, Self.service("b", ["clusterIP": "10.43.0.10"]))
      #expect(address(again) == "10.43.0.10")
    }
  }

  @Test func headlessAndExternalServicesHaveNone() async throws {
    try await RegistryFixture.run { fixture in
      let headless = try await fixture.create(Service.kind, Self.service("a", ["clusterIP": "None"]))
      #expect(headless.at("spec.clusterIPs") == ["None"])
      let external = try await fixture.create(
        Service.kind, Self.service("b", ["type": "ExternalName", "externalName": "example.com"]))
      #expect(external.at("spec.clusterIP") == nil)
      #expect(external.at("spec.ipFamilies") == nil)
    }
  }

  @Test func nodePortsAreGivenAndKept() async throws {
    try await RegistryFixture.run { fixture in
      let ports: JSON = [["name": "a", "port": 80], ["name": "b", "port": 81, "nodePort": 30_080]]
      let made = try await fixture.create(Service.kind, Self.service("a", ["type": "NodePort", "ports": ports]))
      #expect(nodePorts(made).count == 2)
      #expect(nodePorts(made)[1] == 30_080)
      #expect((30_000...32_767).contains(nodePorts(made)[0]))
      var plain = Self.service("a", ["type": "NodePort", "ports": ports])
      plain["metadata"]?["namespace"] = "default"
      let updated = try await fixture.update(Service.kind, plain)
      #expect(nodePorts(updated) == nodePorts(made))
      #expect(address(updated) == address(made))
      await expectStatus(
        422, .invalid,
        "Service \"b\" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated"
      ) {
        let taken: JSON = [["port": 80, "nodePort": 30_080]]
        try await fixture.create(Service.kind, Self.service("b", ["type": "NodePort", "ports": taken]))
      }
      await expectStatus(
        422, .invalid,
        "Service \"b\" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. "
          + "The range of valid ports is 30000-32767"
      ) {
        let low: JSON = [["port": 80, "nodePort": 80]]
        try await fixture.create(Service.kind, Self.service("b", ["type": "NodePort", "ports": low]))
      }
    }
  }

  @Test func aChangeOfTypeGivesAndTakes() async throws {
    try await RegistryFixture.run { fixture in
      try await fixture.create(Service.kind, Self.service("a"))
      let open = try await fixture.merge(Service.kind, "a", ["spec": ["type": "NodePort"]])
      #expect(nodePorts(open).count == 1)
      let closed = try await fixture.merge(Service.kind, "a", ["spec": ["type": "ClusterIP"]])
      #expect(nodePorts(closed).isEmpty)
      let taken: JSON = [["port": 80, "nodePort": .int(nodePorts(open)[0])]]
      let other = try await fixture.create(Service.kind, Self.service("b", ["type": "NodePort", "ports": taken]))
      #expect(nodePorts(other) == nodePorts(open))
    }
  }

  @Test func failedCreatesGiveBack() async throws {
    try await RegistryFixture.run { fixture in
      try await fixture.create(Service.kind, Self.service("a", ["clusterIP": "10.43.0.10"]))
      await expectStatus(409, .alreadyExists, "services \"a\" already exists") {
        try await fixture.create(Service.kind, Self.service("a", ["clusterIP": "10.43.0.11"]))
      }
      _ = try await fixture.create(
        Service.kind, Self.service("b", ["clusterIP": "10.43.0.11"]), WriteOptions(isDryRun: true))
      let made = try await fixture.create(Service.kind, Self.service("b", ["clusterIP": "10.43.0.11"]))
      #expect(address(made) == "10.43.0.11")
    }
  }

  @Test func allocationsAreDerivedFromWhatIsStored() async throws {
    try await RegistryFixture.run { fixture in
      let made = try await fixture.create(
        Service.kind, Self.service("a", ["type": "NodePort", "clusterIP": "10.43.0.10"]))
      let again = try Registry(store: fixture.store)
      let port = nodePorts(made)[0]
      var body = Self.service("b", ["type": "NodePort", "clusterIP": "10.43.0.10"])
      #expect(throws: Status.self) { _ = try again.services.allocate(&body, isDryRun: true) }
      body = Self.service("b", ["type": "NodePort", "ports": [["port": 1, "nodePort": .int(port)]]])
      #expect(throws: Status.self) { _ = try again.services.allocate(&body, isDryRun: true) }
    }
  }

  @Test func aFullRangeSaysSo() throws {
    let allocator = try ServiceAllocator(cidr: "10.0.0.0/29", nodePorts: 30_000...30_001)
    var seen: Set<String> = []
    for number in 0..<6 {
      var body = Self.service("s\(number)")
      _ = try allocator.allocate(&body, isDryRun: false)
      seen.insert(address(body))
    }
    #expect(seen == Set((1...6).map { "10.0.0.\($0)" }))
    var body = Self.service("s")
    #expect(throws: Status.self) { _ = try allocator.allocate(&body, isDryRun: false) }
  }

  @Test(arguments: ["", "10.43.0.0", "10.43.0.0/40", "10.43.0/16", "fd00::/108"])
  func rangesAreChecked(_ text: String) {
    #expect(throws: ServiceAllocator.ConfigurationError.self) {
      _ = try ServiceAllocator(cidr: text, nodePorts: 30_000...30_001)
    }
  }
}
