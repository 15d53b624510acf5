import Netlink
import PodNetwork
import Testing

extension LinuxNetwork {
  @Suite struct Pods {
    @Test func podsReachEachOtherWithTheirOwnAddress() async throws {
      try await NodeFixture.with { node in
        let a = try await node.addPod("a")
        let b = try await node.addPod("b")
        #expect([a.ipv4, b.ipv4, a.gateway] == ["10.42.0.2", "10.42.0.3", "10.42.0.1"])
        try node.serve("b", port: 80)
        #expect(try node.inPod("a", NodeFixture.ask(b.ipv4, 80)) == "b 10.42.0.2")
        #expect(try node.onNode(NodeFixture.ask(b.ipv4, 80)).hasPrefix("b "))
        #expect(try node.inPod("a", "ip -o -4 addr show dev eth0").contains("10.42.0.2/32"))
      }
    }

    @Test func whatAPodSendsAndGetsIsCounted() async throws {
      try await NodeFixture.with { node in
        _ = try await node.addPod("a")
        let b = try await node.addPod("b")
        try node.serve("b", port: 80)
        #expect(try node.inPod("a", NodeFixture.ask(b.ipv4, 80)) == "b 10.42.0.2")
        // The last segments of the connection may still be on their way when the answer is there.
        for _ in 0..<50 {
          let counted = try await node.network.counters()["a"]
          let line = try node.inPod("a", "grep eth0 /proc/net/dev").split(separator: ":").last ?? ""
          let figures = line.split(separator: " ").compactMap { Int($0) }
          try #require(figures.count == 16)
          let isSame = counted?.toPod.bytes == figures[0] && counted?.fromPod.bytes == figures[8]
          if isSame, figures[0] > 0, counted?.toPod.packets == figures[1] { return }
          try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("the counters of the cable differ from the pod's own")
      }
    }

    @Test func anUnusedAddressIsRefusedAtOnce() async throws {
      try await NodeFixture.with { node in
        _ = try await node.addPod("a")
        // EHOSTUNREACH
        #expect(try node.inPod("a", NodeFixture.ask("10.42.0.99", 80)) == "OSError 113")
      }
    }

    @Test func trafficLeavingTheClusterHasTheNodesAddress() async throws {
      try await NodeFixture.with { node in
        _ = try await node.addPod("a")
        let outside = try Server("ip netns exec \(node.name)c python3 -c '\(NodeFixture.tcpServer)' outside 80")
        defer { outside.stop() }
        #expect(try node.inPod("a", NodeFixture.ask("192.0.2.2", 80)) == "outside 192.0.2.1")
      }
    }

    @Test func hostPortsReachThePod() async throws {
      try await NodeFixture.with { node in
        let ports = [
          HostPort(hostPort: 8080, containerPort: 80),
          HostPort(hostIP: "192.0.2.1", hostPort: 8081, containerPort: 80),
          HostPort(hostIP: "192.0.2.77", hostPort: 8082, containerPort: 80),
        ]
        let address = try await node.addPod("a", hostPorts: ports)
        try node.serve("a", port: 80)
        #expect(try node.onClient(NodeFixture.ask("192.0.2.1", 8080)) == "a 192.0.2.2")
        #expect(try node.onClient(NodeFixture.ask("192.0.2.1", 8081)) == "a 192.0.2.2")
        #expect(try node.onClient(NodeFixture.ask("192.0.2.1", 8082)) == "ConnectionRefusedError 111")
        #expect(try node.onNode(NodeFixture.ask("192.0.2.1", 8080)).hasPrefix("a "))
        // Itself through its host port.
        #expect(try node.inPod("a", NodeFixture.ask("192.0.2.1", 8080)).hasPrefix("a "))
        await #expect(throws: NetlinkError.self) {
          _ = try await node.addPod("b", hostPorts: [HostPort(hostPort: 8080, containerPort: 1)])
        }
        #expect(node.network.address(ofPod: "b") == nil)
        try await node.network.detach(podUID: "a")
        #expect(try node.onClient(NodeFixture.ask("192.0.2.1", 8080)) == "ConnectionRefusedError 111")
        #expect(!(try node.onNode("nft list table ip swiftlet_network")).contains(address.ipv4))
      }
    }

    @Test func aNewAgentFindsAddressesInTheKernel() async throws {
      try await NodeFixture.with { node in
        let a = try await node.addPod("0b9c1a5e-6f5b-4f0f-9d51-5b3ad2b9f0aa")
        let again = try PodNetwork(NodeFixture.config(node.name))
        try again.start()
        #expect(again.address(ofPod: "0b9c1a5e-6f5b-4f0f-9d51-5b3ad2b9f0aa") == a)
        #expect(try await again.reconcile(livePodUIDs: ["0b9c1a5e-6f5b-4f0f-9d51-5b3ad2b9f0aa"]) == [])
        let link = try node.onNode("ip -o link show type veth").split(separator: "\n").first {
          $0.contains("sw") && $0.contains("alias 0b9c")
        }
        #expect(link != nil)
        let repaired = try await again.reconcile(livePodUIDs: [])
        #expect(repaired.count == 1)
        #expect(again.address(ofPod: "0b9c1a5e-6f5b-4f0f-9d51-5b3ad2b9f0aa") == nil)
        again.shutdown()
      }
    }

    @Test func aLostRouteIsRestored() async throws {
      try await NodeFixture.with { node in
        let a = try await node.addPod("a")
        try node.serve("a", port: 80)
        try node.onNode("ip route del \(a.ipv4)")
        #expect(try await node.network.reconcile(livePodUIDs: ["a"]) == ["restored the route to pod a"])
        #expect(try node.onNode(NodeFixture.ask(a.ipv4, 80)).hasPrefix("a "))
      }
    }

    @Test func tearDownLeavesNothing() async throws {
      try await NodeFixture.with { node in
        let before = ["ext", "lo"]
        for uid in ["a", "b", "c"] {
          _ = try await node.addPod(uid, hostPorts: [HostPort(hostPort: Int(uid.utf8.first!), containerPort: 1)])
        }
        try node.network.tearDown()
        let links = try node.onNode("ls /sys/class/net").split(whereSeparator: \.isWhitespace).map(String.init)
        let shown = try node.onNode("ip -o link").split(separator: "\n").count
        #expect(shown == before.count, "\(links)")
        #expect(try node.onNode("nft list ruleset") == "")
        #expect(try node.onNode("ip route") == "192.0.2.0/24 dev ext proto kernel scope link src 192.0.2.1 ")
        try node.network.tearDown()
      }
    }

    @Test func manyPodsAttachAndDetach() async throws {
      try await NodeFixture.with { node in
        let count = 50
        for index in 0..<count { try NodeFixture.run("ip netns add \(node.name)-m\(index)") }
        defer { for index in 0..<count { _ = try? NodeFixture.run("ip netns del \(node.name)-m\(index)") } }
        let clock = ContinuousClock()
        let attached = try await clock.measure {
          for index in 0..<count {
            _ = try await node.network.attach(
              podUID: "m\(index)", networkNamespacePath: "/run/netns/\(node.name)-m\(index)")
          }
        }
        let detached = try await clock.measure {
          try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<count {
              group.addTask { [network = node.network] in try await network.detach(podUID: "m\(index)") }
            }
            try await group.waitForAll()
          }
        }
        print("attach \(attached / count) each, detach of \(count) at once \(detached)")
        #expect(try node.onNode("ip -o link show type veth").split(separator: "\n").count == 1)
      }
    }
  }
}
