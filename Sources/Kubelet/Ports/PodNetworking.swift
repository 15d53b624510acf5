/// Addresses of pods: the pod network on a node (`Adapters/`), a fake in simulation.
package protocol PodNetworking: Sendable {
  /// Connects the namespace; returns the pod's addresses, the first one the primary one.
  func attach(podUID: String, networkNamespacePath: String, hostPorts: [HostPortSpec]) async throws -> [String]
  /// The addresses of a pod that is connected already, also from before this agent started.
  func addresses(ofPod uid: String) async -> [String]
  func detach(podUID: String) async throws
  /// Frees what belongs to no live pod; returns what was freed, a line each.
  func reconcile(livePodUIDs: Set<String>) async throws -> [String]
  /// Bytes and packets of each connected pod's interface, by the pod's UID.
  func counters() async throws -> [String: InterfaceCounters]
}

package struct HostPortSpec: Sendable, Hashable {
  package var hostIP: String
  package var hostPort: Int
  package var containerPort: Int
  /// TCP, UDP or SCTP.
  package var networkProtocol: String

  package init(hostIP: String, hostPort: Int, containerPort: Int, networkProtocol: String) {
    self.hostIP = hostIP
    self.hostPort = hostPort
    self.containerPort = containerPort
    self.networkProtocol = networkProtocol
  }
}
