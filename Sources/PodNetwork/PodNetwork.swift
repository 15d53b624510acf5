import Glibc
import LinuxSystem
import Netlink
import Synchronization

/// The pods' network on one node.
///
/// Every pod has a cable (a veth pair) of its own whose node end is *routed*, not switched: the node has a /32 route per
/// pod and the pod sends everything to the gateway. So each packet between two pods of the node passes the node's IP hooks
/// in both directions, and a Service's address translation is undone on the way back without touching the source address.
/// With cables plugged into a bridge the answer would go straight to the other pod, untranslated, unless every Service
/// connection were masqueraded or br_netfilter loaded. The bridge device is there to carry the gateway address (and, later,
/// the tunnels between nodes); it has no ports. Routing also saves the bridge's bookkeeping at each attach and detach, and
/// keeps pods from speaking below IP to each other.
///
/// The kernel is the ledger: a link's alias is the pod's UID, and its hardware address holds the pod's IP address.
package final class PodNetwork: Sendable {
  /// Attaches at the same time; the kernel's lock lets one change links anyway.
  private static let threads = 2

  let plan: PodNetworkPlan
  let scope: NetworkScope
  let pool: BlockingPool
  let remover: LinkRemover
  let addresses: Mutex<AddressPool>
  let hostPorts: HostPortTable
  let hasIPv6 = FileTree.exists("/proc/sys/net/ipv6")

  /// Reads from the kernel which pods are connected already; changes nothing.
  ///
  /// - Throws: `PodNetworkError.invalid`, `SystemCallError`, `NetlinkError`.
  package init(_ config: PodNetworkConfig = PodNetworkConfig()) throws {
    plan = try PodNetworkPlan(config)
    scope = try NetworkScope(path: config.namespacePath)
    pool = try BlockingPool(name: "podnet", threads: Self.threads)
    remover = try LinkRemover(scope)
    hostPorts = HostPortTable(scope, plan)
    var known = AddressPool(plan.range)
    for cable in try scope.routes().links().compactMap(PodCable.init) { known.restore(cable.uid, cable.address) }
    addresses = Mutex(known)
  }

  /// Makes the gateway, the routes and the address translation; what is there already stays.
  ///
  /// - Throws: `NetlinkError`, `SystemCallError`.
  package func start() throws {
    let routes = try scope.routes()
    if try routes.link(named: plan.bridge) == nil {
      let hardware = HardwareAddress(first: 0x06, plan.gateway)
      try routes.perform(
        LinkMessage.makeBridge(name: plan.bridge, hardwareAddress: hardware, mtuBytes: plan.mtuBytes),
        "create bridge \(plan.bridge)")
    }
    guard let bridge = try routes.link(named: plan.bridge) else {
      throw NetlinkError(operation: "find link \(plan.bridge)", errno: ENODEV)
    }
    try routes.perform(plan.nodeRequests(bridge: bridge.index, hasIPv6: hasIPv6))
    try scope.setSysctl("ipv4/ip_forward", "1")
    try hostPorts.start()
  }

  /// Connects the pod's network namespace; a pod that is connected already keeps its address.
  ///
  /// - Throws: `PodNetworkError.rangeFull`, `NetlinkError`, `SystemCallError`.
  package func attach(
    podUID: String, networkNamespacePath: String, hostPorts ports: [HostPort] = []
  ) async throws -> PodAddress {
    try await pool.run { [self] in
      let cable = PodCable(uid: podUID, address: try addresses.withLock { try $0.allocate(podUID) })
      do {
        try connect(cable, to: try Descriptor.open(networkNamespacePath, O_RDONLY))
        if !ports.isEmpty { try hostPorts.add(ports, podAddress: cable.address) }
      } catch {
        undo(cable)
        throw error
      }
      return address(cable.address)
    }
  }

  /// The address of a connected pod.
  package func address(ofPod uid: String) -> PodAddress? {
    addresses.withLock { $0[uid] }.map(address)
  }

  /// Takes the pod off the network and frees its address; a pod that is not connected is no error.
  package func detach(podUID: String) async throws {
    let held = addresses.withLock { $0[podUID] }
    if let held { try await pool.run { [hostPorts] in try hostPorts.remove(podAddress: held) } }
    try await remover.remove(PodCable.linkName(ofPod: podUID))
    addresses.withLock { $0.release(podUID) }
  }

  /// Ends the threads; the pods stay connected.
  package func shutdown() {
    pool.stop()
    remover.stop()
  }

  private func address(_ address: IPv4Address) -> PodAddress {
    PodAddress(ipv4: address.description, gateway: plan.gateway.description, interface: PodCable.podInterface)
  }

  private func connect(_ cable: PodCable, to namespace: Descriptor) throws {
    let routes = try scope.routes()
    let pair = LinkMessage.makeVeth(cable.pair(mtuBytes: plan.mtuBytes, peerNamespace: namespace.raw))
    do {
      try routes.perform(pair, "create link \(cable.linkName)")
    } catch let error as NetlinkError where error.errno == EEXIST {
      guard let existing = try routes.link(named: cable.linkName) else { throw error }
      if try isWhole(existing, cable, in: namespace) { return }
      // Half made before a crash, or of an earlier sandbox of the pod.
      try remover.removeNow([cable.linkName])
      try routes.perform(pair, "create link \(cable.linkName)")
    }
    guard let link = try routes.link(named: cable.linkName), let peer = link.peerIndex else {
      throw NetlinkError(operation: "find link \(cable.linkName)", errno: ENODEV)
    }
    let podRoutes = try RouteConnection(in: namespace)
    try podRoutes.perform(cable.podRequests(link: peer, gateway: plan.gateway, hasIPv6: hasIPv6))
    // Last: the alias says that the cable is whole.
    try routes.perform(cable.nodeRequests(link: link.index, hasIPv6: hasIPv6))
  }

  private func isWhole(_ link: Link, _ cable: PodCable, in namespace: Descriptor) throws -> Bool {
    guard PodCable(link) == cable else { return false }
    let peer = try RouteConnection(in: namespace).link(named: PodCable.podInterface)
    return peer?.hardwareAddress == cable.podHardwareAddress
  }

  /// After a failure: nothing may stay. What cannot be removed now, `reconcile` finds.
  private func undo(_ cable: PodCable) {
    try? hostPorts.remove(podAddress: cable.address)
    try? remover.removeNow([cable.linkName])
    addresses.withLock { $0.release(cable.uid) }
  }
}
