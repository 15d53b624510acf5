import Netlink
import Testing

@testable import PodNetwork

@Suite struct PodNetworkRulesetTests {
  @Test func frame() throws {
    var transaction = NftTransaction(PodNetworkRuleset.table)
    transaction.append(.addTable)
    transaction.append(contentsOf: PodNetworkRuleset.frame(try PodNetworkPlan(PodNetworkConfig())))
    #expect(
      transaction.text == """
        add table ip swiftlet_network
        add map ip swiftlet_network host_ports { type inet_proto . inet_service : ipv4_addr . inet_service ; }
        add map ip swiftlet_network address_host_ports { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service ; }
        add set ip swiftlet_network hairpins { type ipv4_addr . ipv4_addr ; }
        add chain ip swiftlet_network host_ports_in { type nat hook prerouting priority -100 ; policy accept ; }
        add chain ip swiftlet_network host_ports_out { type nat hook output priority -100 ; policy accept ; }
        add chain ip swiftlet_network source_nat { type nat hook postrouting priority 100 ; policy accept ; }
        add chain ip swiftlet_network to_host_ports
        flush chain ip swiftlet_network host_ports_in
        flush chain ip swiftlet_network host_ports_out
        flush chain ip swiftlet_network source_nat
        flush chain ip swiftlet_network to_host_ports
        add rule ip swiftlet_network host_ports_in fib daddr type local ip daddr != 127.0.0.0/8 jump to_host_ports
        add rule ip swiftlet_network host_ports_out fib daddr type local ip daddr != 127.0.0.0/8 jump to_host_ports
        add rule ip swiftlet_network to_host_ports dnat ip to ip daddr . meta l4proto . th dport map @address_host_ports
        add rule ip swiftlet_network to_host_ports dnat ip to meta l4proto . th dport map @host_ports
        add rule ip swiftlet_network source_nat ip saddr . ip daddr @hairpins masquerade
        add rule ip swiftlet_network source_nat ip saddr 10.42.0.0/24 ip daddr != 10.42.0.0/16 ip daddr != 224.0.0.0/4 masquerade

        """)
  }

  @Test func hostPortElements() throws {
    let pod = IPv4Address(0x0a2a_0002)
    let (all, anywhere) = try PodNetworkRuleset.elements(HostPort(hostPort: 8080, containerPort: 80), podAddress: pod)
    #expect(all.name == "host_ports")
    #expect(anywhere.text == "tcp . 8080 : 10.42.0.2 . 80")
    let (some, one) = try PodNetworkRuleset.elements(
      HostPort(hostIP: "192.0.2.1", hostPort: 53, containerPort: 5353, networkProtocol: "UDP"), podAddress: pod)
    #expect(some.name == "address_host_ports")
    #expect(one.text == "192.0.2.1 . udp . 53 : 10.42.0.2 . 5353")
    #expect(PodNetworkRuleset.target(one) == pod)
  }

  @Test(arguments: [
    HostPort(hostPort: 0, containerPort: 80), HostPort(hostPort: 70_000, containerPort: 80),
    HostPort(hostIP: "::1", hostPort: 80, containerPort: 80),
    HostPort(hostPort: 80, containerPort: 80, networkProtocol: "ICMP"),
  ])
  func refuses(_ port: HostPort) {
    #expect(throws: PodNetworkError.self) { try PodNetworkRuleset.elements(port, podAddress: IPv4Address(1)) }
  }

  @Test func linkNamesFitTheKernel() {
    let name = PodCable.linkName(ofPod: "0b9c1a5e-6f5b-4f0f-9d51-5b3ad2b9f0aa")
    #expect(name.utf8.count == 14)
    #expect(name.hasPrefix("sw"))
    #expect(name != PodCable.linkName(ofPod: "0b9c1a5e-6f5b-4f0f-9d51-5b3ad2b9f0ab"))
  }

  @Test func badConfigurationIsNamed() {
    var config = PodNetworkConfig()
    config.podCIDR = "10.42.0.0/31"
    #expect(throws: PodNetworkError.invalid(field: "podCIDR", value: "10.42.0.0/31")) { try PodNetworkPlan(config) }
    config = PodNetworkConfig()
    config.bridge = "a-name-that-is-too-long"
    #expect(throws: PodNetworkError.self) { try PodNetworkPlan(config) }
  }
}
