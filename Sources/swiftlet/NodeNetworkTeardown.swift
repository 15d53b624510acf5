import KubeProxy
import PodNetwork

/// Takes this machine's pod network away, and looks for what is left of it.
enum NodeNetworkTeardown {
  static func run(_ location: NodeLocation) async throws {
    let network = try network(location)
    defer { network.shutdown() }
    try network.tearDown()
    try KubeProxy.tearDown()
  }

  static func residue(_ location: NodeLocation) async throws -> [String] {
    let network = try network(location)
    defer { network.shutdown() }
    return try network.residue() + KubeProxy.residue()
  }

  static func network(_ location: NodeLocation) throws -> PodNetwork { try PodNetwork(config(location)) }

  private static func config(_ location: NodeLocation) -> PodNetworkConfig {
    var config = PodNetworkConfig()
    config.bridge = location.bridge
    return config
  }
}
