import Glibc
import KubernetesAPI
import Netlink
import PodNetwork
import Testing

@testable import KubeProxy

extension LinuxNetwork {
  @Suite struct Services {
    /// A node with a proxy core over it.
    private final class Proxy {
      var state = ProxyState(nodeName: "n1", cluster: IPv4Prefix("10.42.0.0/16")!)
      var kernel: ProxyKernel

      init(_ node: NodeFixture) throws { kernel = ProxyKernel(try NetworkScope(path: node.namespacePath)) }

      func service(
        _ name: String, _ address: String, port: Int = 80, nodePort: Int = 0, proto: TransportProtocol = .tcp,
        local: Bool = false
      ) {
        var service = Service()
        service.metadata.namespace = "default"
        service.metadata.name = name
        service.spec.clusterIP = address
        service.spec.type = nodePort > 0 ? .nodePort : .clusterIP
        if local { service.spec.externalTrafficPolicy = .local }
        service.spec.ports = [
          ServicePort {
            $0.port = port
            $0.protocol = proto
            $0.nodePort = nodePort
          }
        ]
        state.setService(service.key, service)
      }

      func endpoints(_ service: String, _ addresses: [String], port: Int = 80) {
        var slice = EndpointSlice()
        slice.metadata.namespace = "default"
        slice.metadata.name = service
        slice.metadata.labels = ["kubernetes.io/service-name": service]
        slice.addressType = .ipv4
        slice.ports = [EndpointSlicePort { $0.port = port }]
        slice.endpoints = addresses.map { address in
          Endpoint {
            $0.addresses = [address]
            $0.nodeName = "n1"
          }
        }
        state.setSlice(slice.key, slice)
      }

      func sync() throws { try kernel.sync(&state) }
    }

    @Test func virtualAddressReachesEveryEndpointAndKeepsTheClientsAddress() async throws {
      try await NodeFixture.with { node in
        let proxy = try Proxy(node)
        _ = try await node.addPod("client")
        let a = try await node.addPod("a")
        let b = try await node.addPod("b")
        for pod in ["a", "b"] { try node.serve(pod, port: 80) }
        proxy.service("web", "10.43.0.5")
        proxy.endpoints("web", [a.ipv4, b.ipv4])
        try proxy.sync()
        var fromPod: Set<String> = []
        var fromNode: Set<String> = []
        for _ in 0..<24 where fromPod.count < 2 {
          fromPod.insert(try node.inPod("client", NodeFixture.ask("10.43.0.5", 80)))
        }
        for _ in 0..<24 where fromNode.count < 2 { fromNode.insert(try node.onNode(NodeFixture.ask("10.43.0.5", 80))) }
        #expect(fromPod == ["a 10.42.0.2", "b 10.42.0.2"])
        #expect(Set(fromNode.map { $0.prefix(2) }) == ["a ", "b "])
        // A pod that reaches itself through its Service.
        proxy.endpoints("web", [a.ipv4])
        try proxy.sync()
        #expect(try node.inPod("a", NodeFixture.ask("10.43.0.5", 80)).hasPrefix("a "))
      }
    }

    @Test func withoutEndpointsItIsRefusedAtOnce() async throws {
      try await NodeFixture.with { node in
        let proxy = try Proxy(node)
        _ = try await node.addPod("client")
        proxy.service("web", "10.43.0.5", nodePort: 30080)
        proxy.service("udp", "10.43.0.6", port: 53, proto: .udp)
        try proxy.sync()
        let refused = "ConnectionRefusedError 111"
        #expect(try node.inPod("client", NodeFixture.ask("10.43.0.5", 80)) == refused)
        #expect(try node.onNode(NodeFixture.ask("10.43.0.5", 80)) == refused)
        #expect(try node.onClient(NodeFixture.ask("192.0.2.1", 30080)) == refused)
        #expect(try node.inPod("client", NodeFixture.ask("10.43.0.6", 53, udp: true)) == refused)
        // A port that the Service does not have.
        #expect(try node.inPod("client", NodeFixture.ask("10.43.0.5", 81)) == refused)
      }
    }

    @Test func nodePortReachesThePod() async throws {
      try await NodeFixture.with { node in
        let proxy = try Proxy(node)
        let a = try await node.addPod("a")
        try node.serve("a", port: 80)
        proxy.service("web", "10.43.0.5", nodePort: 30080)
        proxy.service("local", "10.43.0.6", nodePort: 30081, local: true)
        for name in ["web", "local"] { proxy.endpoints(name, [a.ipv4]) }
        try proxy.sync()
        // Masqueraded: the pod sees the node.
        #expect(try node.onClient(NodeFixture.ask("192.0.2.1", 30080)) == "a 192.0.2.1")
        #expect(try node.onClient(NodeFixture.ask("192.0.2.1", 30081)) == "a 192.0.2.2")
        #expect(try node.onNode(NodeFixture.ask("192.0.2.1", 30080)).hasPrefix("a "))
        #expect(try node.inPod("a", NodeFixture.ask("192.0.2.1", 30080)).hasPrefix("a "))
      }
    }

    @Test func udpClientsMoveToTheNewEndpoint() async throws {
      try await NodeFixture.with { node in
        let proxy = try Proxy(node)
        _ = try await node.addPod("client")
        let a = try await node.addPod("a")
        let b = try await node.addPod("b")
        for pod in ["a", "b"] { try node.serve(pod, port: 53, udp: true) }
        proxy.service("dns", "10.43.0.10", port: 53, proto: .udp)
        proxy.endpoints("dns", [a.ipv4], port: 53)
        try proxy.sync()
        #expect(try node.inPod("client", NodeFixture.ask("10.43.0.10", 53, udp: true, source: "4000")) == "a 10.42.0.2")
        proxy.endpoints("dns", [b.ipv4], port: 53)
        try proxy.sync()
        // The same source port: the same connection to the kernel, were it not forgotten.
        #expect(try node.inPod("client", NodeFixture.ask("10.43.0.10", 53, udp: true, source: "4000")) == "b 10.42.0.2")
      }
    }

    @Test func foreignEditsAreUndone() async throws {
      try await NodeFixture.with { node in
        let proxy = try Proxy(node)
        let a = try await node.addPod("a")
        try node.serve("a", port: 80)
        proxy.service("web", "10.43.0.5")
        proxy.endpoints("web", [a.ipv4])
        try proxy.sync()
        for edit in [
          "flush ruleset", "flush chain ip swiftlet_services balance", "flush map ip swiftlet_services endpoints",
        ] {
          try node.onNode("nft \(edit)")
          try proxy.sync()
          #expect(try node.onNode(NodeFixture.ask("10.43.0.5", 80)).hasPrefix("a "), "\(edit)")
        }
        // Someone else's table is none of ours.
        let before = try node.onNode("nft -a list table ip swiftlet_services")
        try node.onNode("nft add table ip someone")
        try proxy.sync()
        #expect(try node.onNode("nft -a list table ip swiftlet_services") == before)
      }
    }

    @Test func theProgramReadsBackWhatWasMeant() async throws {
      try await NodeFixture.with { node in
        let proxy = try Proxy(node)
        proxy.service("web", "10.43.0.5", nodePort: 30080)
        proxy.endpoints("web", ["10.42.0.2", "10.42.0.3"])
        try proxy.sync()
        let listed = try node.onNode("nft list table ip swiftlet_services")
        for expected in [
          "meta mark & 0xff04ffff == 0x53000002 dnat ip to ip daddr . meta l4proto . th dport . numgen random mod 2 map @endpoints",
          "fib daddr type local ip daddr != 127.0.0.0/8 meta mark set meta l4proto . th dport map @node_ports goto to_node_endpoints",
          "ip saddr . ip daddr @hairpins masquerade",
          "10.43.0.5 . tcp . 80 : 0x53100002",
          "type nat hook prerouting priority dstnat; policy accept;",
        ] { #expect(listed.contains(expected), "\(expected) in \(listed)") }
      }
    }

    @Test func changingEndpointsLoseNoConnection() async throws {
      try await NodeFixture.with { node in
        let proxy = try Proxy(node)
        _ = try await node.addPod("client")
        let a = try await node.addPod("a")
        let b = try await node.addPod("b")
        for pod in ["a", "b"] { try node.serve(pod, port: 80) }
        proxy.service("web", "10.43.0.5")
        proxy.endpoints("web", [a.ipv4, b.ipv4])
        try proxy.sync()
        let script = """
          import os, socket
          print(os.getpid(), flush=True)
          lost = 0
          for i in range(1000):
            try: lost += socket.create_connection(("10.43.0.5", 80), timeout=5).recv(100) == b""
            except OSError: lost += 1
          print(lost, flush=True)
          """
        let client = try Server("ip netns exec \(node.name)-client python3 -c '\(script)'")
        var changes = 0
        while client.isRunning {
          proxy.endpoints("web", [[a.ipv4], [a.ipv4, b.ipv4], [b.ipv4]][changes % 3])
          try proxy.sync()
          changes += 1
        }
        #expect(changes > 10)
        #expect(client.readLine() == "0", "connections lost during \(changes) changes")
        client.stop()
      }
    }

    @Test func theTextIsTheProgramsLanguage() async throws {
      try await NodeFixture.with { node in
        let proxy = try Proxy(node)
        proxy.service("web", "10.43.0.5", nodePort: 30080)
        proxy.endpoints("web", ["10.42.0.2", "10.42.0.3"])
        let path = "/tmp/\(node.name).nft"
        defer { unlink(path) }
        try NodeFixture.run("cat > \(path) <<'END'\n\(proxy.state.planWhole().transaction.text)END")
        // Checked and not applied.
        try node.onNode("nft -c -f \(path)")
      }
    }

    @Test func tenThousandServices() async throws {
      try await NodeFixture.with { node in
        let proxy = try Proxy(node)
        let a = try await node.addPod("a")
        try node.serve("a", port: 80)
        for index in 0..<10_000 {
          proxy.service("s\(index)", "10.43.\(index / 250).\(index % 250 + 1)")
          proxy.endpoints("s\(index)", [a.ipv4, "10.42.\(index / 250 + 1).\(index % 250 + 1)"])
        }
        let clock = ContinuousClock()
        let loaded = try clock.measure { try proxy.sync() }
        proxy.endpoints("s7", [a.ipv4])
        let first = try clock.measure { try proxy.sync() }
        proxy.endpoints("s8", [a.ipv4])
        let second = try clock.measure { try proxy.sync() }
        print(
          "10,000 Services with 2 endpoints each: \(loaded); a change with a new rule: \(first); without: \(second)")
        #expect(try node.onNode(NodeFixture.ask("10.43.0.8", 80)).hasPrefix("a "))
        try proxy.kernel.tearDown()
        #expect(!(try node.onNode("nft list ruleset")).contains("swiftlet_services"))
      }
    }
  }
}
