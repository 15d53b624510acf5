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
}

extension HostPort {
  fileprivate init(_ spec: HostPortSpec) {
    self.init(
      hostIP: spec.hostIP, hostPort: spec.hostPort, containerPort: spec.containerPort,
      networkProtocol: spec.networkProtocol)
  }
}
