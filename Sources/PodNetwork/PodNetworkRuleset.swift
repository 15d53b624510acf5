import Netlink

/// The nf_tables rules of the pod network, as values. The table is the pod network's alone; Services have another
/// (`KubeProxy`), so that each side can replace its own without looking at the other's.
enum PodNetworkRuleset {
  static let table = NftTable(.ip, "swiftlet_network")

  /// Host ports on any address of the node: protocol and port to the pod's address and port.
  static let hostPorts = NftSet("host_ports", key: [.inetProtocol, .inetService], data: [.ipv4Address, .inetService])
  /// Host ports on one address.
  static let addressHostPorts = NftSet(
    "address_host_ports", key: [.ipv4Address, .inetProtocol, .inetService], data: [.ipv4Address, .inetService])
  /// Pods with host ports, each paired with itself: connections of a pod to itself by way of its host port.
  static let hairpins = NftSet("hairpins", key: [.ipv4Address, .ipv4Address])

  static let sets = [hostPorts, addressHostPorts, hairpins]

  private static let loopback = IPv4Prefix(IPv4Address(0x7f00_0000), length: 8)
  private static let multicast = IPv4Prefix(IPv4Address(0xe000_0000), length: 4)

  /// The frame: elements are added and removed as pods come and go.
  static func frame(_ plan: PodNetworkPlan) -> [NftTransaction.Command] {
    let translation = NftHook.destinationNATPriority
    let chains: [NftTransaction.Command] = [
      .addChain(NftChain("host_ports_in", hook: NftHook(.nat, .prerouting, priority: translation))),
      .addChain(NftChain("host_ports_out", hook: NftHook(.nat, .output, priority: translation))),
      .addChain(NftChain("source_nat", hook: NftHook(.nat, .postrouting, priority: NftHook.sourceNATPriority))),
      .addChain(NftChain("to_host_ports")),
    ]
    return sets.map { .addSet($0) } + chains + chains.compactMap(flush) + rules(plan)
  }

  private static func flush(_ command: NftTransaction.Command) -> NftTransaction.Command? {
    if case .addChain(let chain) = command { .flushChain(chain.name) } else { nil }
  }

  private static func rules(_ plan: PodNetworkPlan) -> [NftTransaction.Command] {
    let perPort: [NftOperand] = [.transportProtocol, .destinationPort]
    let enter = NftRule(.isForThisMachine, .isNotIn(.destinationAddress, loopback), .verdict(.jump("to_host_ports")))
    return [
      .addRule(chain: "host_ports_in", enter),
      .addRule(chain: "host_ports_out", enter),
      .addRule(
        chain: "to_host_ports",
        NftRule(.translateDestination([.destinationAddress] + perPort, map: addressHostPorts.name))),
      .addRule(chain: "to_host_ports", NftRule(.translateDestination(perPort, map: hostPorts.name))),
      // Its own address as source would make the pod answer itself, past the node that has to translate back.
      .addRule(
        chain: "source_nat",
        NftRule(.isElement([.sourceAddress, .destinationAddress], of: hairpins.name), .masquerade)),
      // Nobody outside the cluster has a way back to a pod's address.
      .addRule(
        chain: "source_nat",
        NftRule(
          .isIn(.sourceAddress, plan.range), .isNotIn(.destinationAddress, plan.cluster),
          .isNotIn(.destinationAddress, multicast), .masquerade)),
    ]
  }

  /// - Throws: `PodNetworkError.invalid`.
  static func elements(_ port: HostPort, podAddress: IPv4Address) throws(PodNetworkError) -> (NftSet, NftElement) {
    guard let hostPort = UInt16(exactly: port.hostPort), hostPort > 0 else {
      throw .invalid(field: "hostPort", value: "\(port.hostPort)")
    }
    guard let containerPort = UInt16(exactly: port.containerPort), containerPort > 0 else {
      throw .invalid(field: "containerPort", value: "\(port.containerPort)")
    }
    let key: [NftValue] = [.proto(try protocolNumber(port.networkProtocol)), .port(hostPort)]
    let target = NftElement.Datum.values([.address(podAddress), .port(containerPort)])
    if port.hostIP.isEmpty || port.hostIP == "0.0.0.0" { return (hostPorts, NftElement(key, target)) }
    guard let address = IPv4Address(port.hostIP) else { throw .invalid(field: "hostIP", value: port.hostIP) }
    return (addressHostPorts, NftElement([.address(address)] + key, target))
  }

  private static func protocolNumber(_ name: String) throws(PodNetworkError) -> UInt8 {
    switch name {
    case "", "TCP": 6
    case "UDP": 17
    case "SCTP": 132
    default: throw .invalid(field: "protocol", value: name)
    }
  }

  /// The pod that an element sends to.
  static func target(_ element: NftElement) -> IPv4Address? {
    switch (element.datum, element.key.first) {
    case (.values(let values), _):
      guard case .address(let address)? = values.first else { return nil }
      return address
    case (.none, .address(let address)?): return address
    default: return nil
    }
  }
}
