import Netlink

/// The nf_tables frame of Services (D9): a fixed set of rules, and maps whose elements are the Services and endpoints.
/// The table is the proxy's alone.
enum ServiceRuleset {
  static let table = NftTable(.ip, "swiftlet_services")

  /// Address, protocol and port of a Service to a `ServiceMark`.
  static let services = NftSet(
    "services", key: [.ipv4Address, .inetProtocol, .inetService], data: [.mark])
  /// The same with the number of an endpoint, to the endpoint.
  static let endpoints = NftSet(
    "endpoints", key: [.ipv4Address, .inetProtocol, .inetService, .mark], data: [.ipv4Address, .inetService],
    keyText: "ip daddr . meta l4proto . th dport . numgen random mod 65536")
  /// Protocol and port of a node port to a `ServiceMark`.
  static let nodePorts = NftSet("node_ports", key: [.inetProtocol, .inetService], data: [.mark])
  static let nodeEndpoints = NftSet(
    "node_endpoints", key: [.inetProtocol, .inetService, .mark], data: [.ipv4Address, .inetService],
    keyText: "meta l4proto . th dport . numgen random mod 65536")
  /// Endpoints of this node, each paired with itself: pods that reach themselves through their Service.
  static let hairpins = NftSet("hairpins", key: [.ipv4Address, .ipv4Address])
  /// Virtual addresses: what no port of theirs takes is refused.
  static let addresses = NftSet("addresses", key: [.ipv4Address])

  static let sets = [services, endpoints, nodePorts, nodeEndpoints, hairpins, addresses]

  private static let loopback = IPv4Prefix(IPv4Address(0x7f00_0000), length: 8)
  private static let frontend: [NftOperand] = [.destinationAddress, .transportProtocol, .destinationPort]
  private static let nodeFrontend: [NftOperand] = [.transportProtocol, .destinationPort]

  /// The whole table without elements.
  static func frame(cluster: IPv4Prefix, balancings: [ServiceBalancing]) -> [NftTransaction.Command] {
    let translate = NftHook.destinationNATPriority
    let filter = NftHook.filterPriority
    let chains = [
      NftChain("to_endpoints"), NftChain("to_node_endpoints"), NftChain("balance"), NftChain("refuse"),
      NftChain("balance_in", hook: NftHook(.nat, .prerouting, priority: translate)),
      NftChain("balance_out", hook: NftHook(.nat, .output, priority: translate)),
      NftChain("source_nat", hook: NftHook(.nat, .postrouting, priority: NftHook.sourceNATPriority)),
      NftChain("refuse_in", hook: NftHook(.filter, .input, priority: filter)),
      NftChain("refuse_through", hook: NftHook(.filter, .forward, priority: filter)),
      NftChain("refuse_out", hook: NftHook(.filter, .output, priority: filter)),
    ]
    return [.addTable] + sets.map { .addSet($0) } + chains.map { .addChain($0) } + balanceRules() + refuseRules()
      + masqueradeRules(cluster) + balancingRules(balancings)
  }

  private static func balanceRules() -> [NftTransaction.Command] {
    [
      .addRule(chain: "balance_in", NftRule(.verdict(.jump("balance")))),
      .addRule(chain: "balance_out", NftRule(.verdict(.jump("balance")))),
      .addRule(
        chain: "balance", NftRule(.setMark(frontend, map: services.name), .verdict(.goto("to_endpoints")))),
      .addRule(
        chain: "balance",
        NftRule(
          .isForThisMachine, .isNotIn(.destinationAddress, loopback), .setMark(nodeFrontend, map: nodePorts.name),
          .verdict(.goto("to_node_endpoints")))),
    ]
  }

  /// Chains that translate may not refuse; these come after them and read the mark.
  private static func refuseRules() -> [NftTransaction.Command] {
    let entries = ["refuse_in", "refuse_through", "refuse_out"].map { chain in
      NftTransaction.Command.addRule(chain: chain, NftRule(.verdict(.jump("refuse"))))
    }
    let tcp = NftStatement.isEqual(.transportProtocol, .proto(6))
    let isRefused = ServiceMark.test(.refuse)
    let isAddress = NftStatement.isElement([.destinationAddress], of: addresses.name)
    let rules = [
      NftRule(isRefused, tcp, .reject(.tcpReset)),
      NftRule(isRefused, .reject(.portUnreachable)),
      NftRule(ServiceMark.test(.drop), .verdict(.drop)),
      NftRule(.isDestinationTranslated, .verdict(.return)),
      // It has endpoints and yet was not translated: the maps changed between two lookups. The client's next attempt
      // will be; a refusal would end it.
      NftRule(ServiceMark.test([]), .verdict(.drop)),
      NftRule(isAddress, tcp, .reject(.tcpReset)),
      NftRule(isAddress, .reject(.portUnreachable)),
    ]
    return entries + rules.map { .addRule(chain: "refuse", $0) }
  }

  private static func masqueradeRules(_ cluster: IPv4Prefix) -> [NftTransaction.Command] {
    [
      NftRule(.isElement([.sourceAddress, .destinationAddress], of: hairpins.name), .masquerade),
      NftRule(.isDestinationTranslated, ServiceMark.test(.masquerade), .masquerade),
      // From outside the cluster to a virtual address: the endpoint may be on another node, and must answer by this one.
      NftRule(
        .isDestinationTranslated, ServiceMark.test(.masqueradeForeign), .isNotIn(.sourceAddress, cluster), .masquerade),
    ].map { .addRule(chain: "source_nat", $0) }
  }

  /// One rule for each number of endpoints in use: the modulus of a random number cannot come from a map.
  static func balancingRules(_ balancings: [ServiceBalancing]) -> [NftTransaction.Command] {
    balancings.map { balancing in
      let key = balancing.isNodePort ? nodeFrontend : frontend
      let map = balancing.isNodePort ? nodeEndpoints : endpoints
      return .addRule(
        chain: balancing.isNodePort ? "to_node_endpoints" : "to_endpoints",
        NftRule(balancing.test, .translateDestination(key + [balancing.choice], map: map.name)))
    }
  }

  static func replaceBalancingRules(_ balancings: [ServiceBalancing]) -> [NftTransaction.Command] {
    [.flushChain("to_endpoints"), .flushChain("to_node_endpoints")] + balancingRules(balancings)
  }
}

/// What the maps say of a Service's port, and packets carry through the hooks: the number of endpoints and flags. Foreign
/// marks are told apart by the first byte.
struct ServiceMark: Hashable, Sendable {
  struct Flags: OptionSet, Hashable, Sendable {
    let rawValue: UInt32
    /// No endpoints: answer at once that nobody listens.
    static let refuse = Flags(rawValue: 0x01)
    /// The endpoint sees the node's address.
    static let masquerade = Flags(rawValue: 0x02)
    /// A client stays with its endpoint.
    static let sticky = Flags(rawValue: 0x04)
    /// Endpoints elsewhere only, and the traffic policy is Local.
    static let drop = Flags(rawValue: 0x08)
    /// The endpoint sees the node's address where the client is not of the cluster.
    static let masqueradeForeign = Flags(rawValue: 0x10)
  }

  static let maximumEndpoints = 0xffff
  private static let signature: UInt32 = 0x5300_0000
  private static let signatureMask: UInt32 = 0xff00_0000

  var count: Int
  var flags: Flags

  var value: UInt32 { Self.signature | flags.rawValue << 16 | UInt32(count) }

  /// The packet has a mark of ours with these flags.
  static func test(_ flags: Flags) -> NftStatement {
    .hasBits(.mark, mask: signatureMask | flags.rawValue << 16, value: signature | flags.rawValue << 16)
  }

  /// The packet has a mark of ours with this number of endpoints, sticky or not.
  static func test(count: Int, isSticky: Bool) -> NftStatement {
    let flag = Flags.sticky.rawValue << 16
    return .hasBits(
      .mark, mask: signatureMask | flag | UInt32(maximumEndpoints),
      value: signature | (isSticky ? flag : 0) | UInt32(count))
  }
}

/// A way of choosing among a number of endpoints.
struct ServiceBalancing: Hashable, Comparable, Sendable {
  var isNodePort: Bool
  var count: Int
  var isSticky: Bool

  var test: NftStatement { ServiceMark.test(count: count, isSticky: isSticky) }
  var choice: NftOperand { isSticky ? .sourceHash(modulus: UInt32(count)) : .random(modulus: UInt32(count)) }

  static func < (left: ServiceBalancing, right: ServiceBalancing) -> Bool {
    (left.isNodePort ? 1 : 0, left.count, left.isSticky ? 1 : 0)
      < (right.isNodePort ? 1 : 0, right.count, right.isSticky ? 1 : 0)
  }
}
