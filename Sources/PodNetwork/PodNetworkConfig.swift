import Netlink

/// What a node's pod network looks like.
package struct PodNetworkConfig: Sendable {
  /// The node's range of pod addresses. Its first address is the gateway, its last one is not used.
  package var podCIDR = "10.42.0.0/24"
  /// The interface that carries the gateway address.
  package var bridge = "swiftlet0"
  /// The ranges of all nodes: traffic to them keeps its source address, traffic to elsewhere gets the node's.
  package var clusterCIDR = "10.42.0.0/16"
  /// The range of virtual Service addresses, given a route so that a node without a default route reaches them too;
  /// empty for none.
  package var serviceCIDR = "10.43.0.0/16"
  package var mtuBytes = 1500
  /// The network namespace of the node; nil for the process's own.
  package var namespacePath: String?

  package init() {}
}

/// A container port that the node answers for.
package struct HostPort: Hashable, Sendable {
  /// An address of the node; empty or 0.0.0.0 for all of them.
  package var hostIP: String
  package var hostPort: Int
  package var containerPort: Int
  /// TCP, UDP or SCTP.
  package var networkProtocol: String

  package init(hostIP: String = "", hostPort: Int, containerPort: Int, networkProtocol: String = "TCP") {
    self.hostIP = hostIP
    self.hostPort = hostPort
    self.containerPort = containerPort
    self.networkProtocol = networkProtocol
  }
}

/// How a pod is connected.
package struct PodAddress: Hashable, Sendable {
  package var ipv4: String
  package var gateway: String
  package var interface: String

  package init(ipv4: String, gateway: String, interface: String = "eth0") {
    self.ipv4 = ipv4
    self.gateway = gateway
    self.interface = interface
  }
}

package enum PodNetworkError: Error, Equatable, CustomStringConvertible {
  case invalid(field: String, value: String)
  case rangeFull(String)
  case stopped

  package var description: String {
    switch self {
    case .invalid(let field, let value): "\(field): invalid value \"\(value)\""
    case .rangeFull(let range): "no free pod address in \(range); delete pods or give the node a larger range"
    case .stopped: "pod network is shut down"
    }
  }
}
