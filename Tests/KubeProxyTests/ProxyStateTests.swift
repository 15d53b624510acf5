import KubernetesAPI
import Netlink
import Testing

@testable import KubeProxy

@Suite struct ProxyStateTests {
  private let t = "ip swiftlet_services"

  @Test func aServiceWithTwoEndpoints() {
    var proxy = ProxyFixture()
    proxy.service("web", "10.43.0.5")
    proxy.endpoints("web", ["10.42.0.3", "10.42.0.2"])
    #expect(
      proxy.change() == [
        "flush chain \(t) to_endpoints",
        "flush chain \(t) to_node_endpoints",
        "add rule \(t) to_endpoints meta mark & 0xff04ffff == 0x53000002 dnat ip to ip daddr . meta l4proto . th dport . numgen random mod 2 map @endpoints",
        "add element \(t) services { 10.43.0.5 . tcp . 80 : 0x53100002 }",
        "add element \(t) endpoints { 10.43.0.5 . tcp . 80 . 0x00000000 : 10.42.0.2 . 8080, 10.43.0.5 . tcp . 80 . 0x00000001 : 10.42.0.3 . 8080 }",
        "add element \(t) hairpins { 10.42.0.2 . 10.42.0.2, 10.42.0.3 . 10.42.0.3 }",
        "add element \(t) addresses { 10.43.0.5 }",
      ])
    #expect(proxy.change() == [])
  }

  @Test func oneMoreEndpointCostsOneElementAndAMark() {
    var proxy = ProxyFixture()
    proxy.service("web", "10.43.0.5")
    proxy.endpoints("web", ["10.42.0.2"])
    proxy.service("other", "10.43.0.6")
    proxy.endpoints("other", ["10.42.0.7", "10.42.0.8"])
    _ = proxy.change()
    proxy.endpoints("web", ["10.42.0.2", "10.42.0.3"])
    // The rule for two endpoints is there already.
    #expect(
      proxy.change() == [
        "delete element \(t) services { 10.43.0.5 . tcp . 80 : 0x53100001 }",
        "add element \(t) services { 10.43.0.5 . tcp . 80 : 0x53100002 }",
        "add element \(t) endpoints { 10.43.0.5 . tcp . 80 . 0x00000001 : 10.42.0.3 . 8080 }",
        "add element \(t) hairpins { 10.42.0.3 . 10.42.0.3 }",
      ])
  }

  @Test func withoutEndpointsItRefuses() {
    var proxy = ProxyFixture()
    proxy.service("web", "10.43.0.5")
    #expect(
      proxy.change() == [
        "add element \(t) services { 10.43.0.5 . tcp . 80 : 0x53010000 }",
        "add element \(t) addresses { 10.43.0.5 }",
      ])
  }

  @Test func deletedServiceLeavesNothing() {
    var proxy = ProxyFixture()
    proxy.service("web", "10.43.0.5")
    proxy.endpoints("web", ["10.42.0.2"])
    _ = proxy.change()
    proxy.state.setService(ObjectKey(namespace: "default", name: "web"), nil)
    _ = proxy.change()
    for set in ProxySet.allCases { #expect(proxy.state.elements(of: set).isEmpty) }
  }

  @Test func terminatingEndpointsServeWhileNoneIsReady() {
    var proxy = ProxyFixture()
    proxy.service("web", "10.43.0.5")
    proxy.endpoints("web", ["10.42.0.2"], ready: false, terminating: true)
    _ = proxy.change()
    #expect(proxy.state.elements(of: .endpoints).count == 1)
    proxy.endpoints("web", ["10.42.0.3"], slice: "2")
    _ = proxy.change()
    #expect(
      proxy.state.elements(of: .endpoints).map(\.text) == ["10.43.0.5 . tcp . 80 . 0x00000000 : 10.42.0.3 . 8080"])
  }

  @Test func unreadyEndpointsAreLeftOut() {
    var proxy = ProxyFixture()
    proxy.service("web", "10.43.0.5")
    proxy.endpoints("web", ["10.42.0.2"], ready: false)
    _ = proxy.change()
    #expect(proxy.state.elements(of: .endpoints).isEmpty)
  }

  @Test func localTrafficPolicyKeepsToTheNode() {
    var proxy = ProxyFixture()
    proxy.service("web", "10.43.0.5") {
      $0.spec.type = .nodePort
      $0.spec.ports = [
        ServicePort {
          $0.port = 80
          $0.nodePort = 30080
          $0.protocol = .tcp
        }
      ]
      $0.spec.externalTrafficPolicy = .local
    }
    proxy.endpoints("web", ["10.42.1.2"], node: "n2")
    _ = proxy.change()
    #expect(proxy.state.elements(of: .services).map(\.text) == ["10.43.0.5 . tcp . 80 : 0x53100001"])
    #expect(proxy.state.elements(of: .nodePorts).map(\.text) == ["tcp . 30080 : 0x53080000"])
    proxy.endpoints("web", ["10.42.0.2"], slice: "2")
    _ = proxy.change()
    // Not masqueraded: the endpoint sees the client.
    #expect(proxy.state.elements(of: .nodePorts).map(\.text) == ["tcp . 30080 : 0x53000001"])
    #expect(proxy.state.elements(of: .nodeEndpoints).map(\.text) == ["tcp . 30080 . 0x00000000 : 10.42.0.2 . 8080"])
  }

  @Test func clientAffinityHashesTheSource() {
    var proxy = ProxyFixture()
    proxy.service("web", "10.43.0.5") { $0.spec.sessionAffinity = .clientIP }
    proxy.endpoints("web", ["10.42.0.2", "10.42.0.3"])
    #expect(
      proxy.change().contains(
        "add rule \(t) to_endpoints meta mark & 0xff04ffff == 0x53040002 dnat ip to ip daddr . meta l4proto . th dport . jhash ip saddr mod 2 map @endpoints"
      ))
  }

  @Test(arguments: ["None", "", "fd00::1"])
  func headlessServicesAreNotOurs(_ address: String) {
    var proxy = ProxyFixture()
    proxy.service("web", address)
    proxy.endpoints("web", ["10.42.0.2"])
    #expect(proxy.change() == [])
  }

  @Test func aPodOfTwoServicesStaysAHairpinUntilBothAreGone() {
    var proxy = ProxyFixture()
    for (name, address) in [("a", "10.43.0.5"), ("b", "10.43.0.6")] {
      proxy.service(name, address)
      proxy.endpoints(name, ["10.42.0.2"])
    }
    _ = proxy.change()
    proxy.state.setService(ObjectKey(namespace: "default", name: "a"), nil)
    _ = proxy.change()
    #expect(proxy.state.elements(of: .hairpins).count == 1)
  }

  @Test func udpConnectionsToGoneEndpointsAreForgotten() throws {
    var proxy = ProxyFixture()
    proxy.service("dns", "10.43.0.10", port: 53, proto: .udp)
    proxy.endpoints("dns", ["10.42.0.2", "10.42.0.3"], port: 53)
    _ = proxy.state.plan()
    proxy.endpoints("dns", ["10.42.0.3"], port: 53)
    let change = proxy.state.plan()
    let stale = try #require(change).staleUDP
    #expect(stale.matches(Self.entry(to: "10.43.0.10", 53, from: "10.42.0.2", 53)))
    // Its number changed from 1 to 0, but it is there still.
    #expect(!stale.matches(Self.entry(to: "10.43.0.10", 53, from: "10.42.0.3", 53)))
    #expect(!stale.matches(Self.entry(to: "10.43.0.11", 53, from: "10.42.0.2", 53)))
  }

  private static func entry(to: String, _ port: UInt16, from: String, _ fromPort: UInt16) -> ConntrackEntry {
    let client = IPv4Address(0x0a2a_0009)
    return ConntrackEntry(
      original: ConntrackTuple(
        source: client, destination: IPv4Address(to)!, transportProtocol: 17, sourcePort: 4000, destinationPort: port),
      reply: ConntrackTuple(
        source: IPv4Address(from)!, destination: client, transportProtocol: 17, sourcePort: fromPort,
        destinationPort: 4000))
  }
}
