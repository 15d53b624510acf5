import Netlink
import PodNetwork
import Testing

extension LinuxNetwork {
  /// What `swiftlet check` finds and repairs of the pod network.
  @Suite struct Orphans {
    @Test func linksAndHostPortsOfPodsThatAreGoneAreFoundAndRemoved() async throws {
      try await NodeFixture.with { node in
        let lost = try await node.addPod("lost", hostPorts: [HostPort(hostPort: 8080, containerPort: 80)])
        _ = try await node.addPod("alive", hostPorts: [HostPort(hostPort: 8081, containerPort: 80)])
        #expect(try await node.network.orphans(livePodUIDs: ["lost", "alive"]) == [])
        let found = try await node.network.orphans(livePodUIDs: ["alive"])
        #expect(found.count == 2)
        #expect(found.contains("host ports of \(lost.ipv4)"))
        #expect(found.contains { $0.hasPrefix("link ") })
        // Looking changes nothing.
        #expect(try await node.network.orphans(livePodUIDs: ["alive"]) == found)
        _ = try await node.network.reconcile(livePodUIDs: ["alive"])
        #expect(try await node.network.orphans(livePodUIDs: ["alive"]) == [])
        #expect(node.network.address(ofPod: "alive") != nil)
        #expect(try node.onNode("nft list table ip swiftlet_network").contains("8081"))
      }
    }

    /// A machine on which no node has started yet.
    @Test func aMachineWithoutTheTableHasNoOrphans() async throws {
      try await NodeFixture.with { node in
        try node.network.tearDown()
        #expect(try await node.network.orphans(livePodUIDs: []) == [])
        #expect(try await node.network.reconcile(livePodUIDs: []) == [])
      }
    }
  }
}
