import PodNetwork

/// The pod network as the node agent sees it.
package struct NetworkAdapter: PodNetworking {
  private let network: PodNetwork

  package init(_ network: PodNetwork) { self.network = network }

  package func attach(
    podUID: String, networkNamespacePath: String, hostPorts: [HostPortSpec]
  ) async throws -> [String] {
    let address = try await network.attach(
      podUID: podUID, networkNamespacePath: networkNamespacePath, hostPorts: hostPorts.map(HostPort.init))
    return [address.ipv4]
  }

  package func addresses(ofPod uid: String) async -> [String] {
    network.address(ofPod: uid).map { [$0.ipv4] } ?? []
  }

  package func detach(podUID: String) async throws { try await network.detach(podUID: podUID) }

  package func reconcile(livePodUIDs: Set<String>) async throws -> [String] {
    try await network.reconcile(livePodUIDs: livePodUIDs)
  }

  package func counters() async throws -> [String: InterfaceCounters] {
    try await network.counters().mapValues(InterfaceCounters.init)
  }
}

extension HostPort {
  fileprivate init(_ spec: HostPortSpec) {
    self.init(
      hostIP: spec.hostIP, hostPort: spec.hostPort, containerPort: spec.containerPort,
      networkProtocol: spec.networkProtocol)
  }
}

extension InterfaceCounters {
  /// The kernel counts at the node's end of the cable: what comes out there, the pod has sent.
  fileprivate init(_ cable: PodNetwork.CableCounters) {
    self.init(name: "eth0")
    received.bytes = cable.toPod.bytes
    received.packets = cable.toPod.packets
    received.errors = cable.toPod.errors
    received.dropped = cable.toPod.dropped
    transmitted.bytes = cable.fromPod.bytes
    transmitted.packets = cable.fromPod.packets
    transmitted.errors = cable.fromPod.errors
    transmitted.dropped = cable.fromPod.dropped
  }
}
