import Glibc
import LinuxSystem
import Netlink
import Synchronization

/// The host ports of the node's pods: elements of the pod network's table, which is also where they are remembered.
final class HostPortTable: Sendable {
  private let scope: NetworkScope
  private let plan: PodNetworkPlan
  /// Pods known to have none need no look at the kernel when they go.
  private let holders = Mutex<Set<IPv4Address>>([])

  init(_ scope: NetworkScope, _ plan: PodNetworkPlan) {
    self.scope = scope
    self.plan = plan
  }

  private func open() throws -> NftConnection { NftConnection(try scope.openSocket(.netfilter)) }

  /// Puts the frame in place; elements that are there stay.
  func start() throws {
    let nft = try open()
    var transaction = NftTransaction(PodNetworkRuleset.table)
    transaction.append(.addTable)
    transaction.append(contentsOf: PodNetworkRuleset.frame(plan))
    try nft.commit(transaction)
    for set in PodNetworkRuleset.sets {
      let held = try nft.elements(of: set, in: PodNetworkRuleset.table).compactMap(PodNetworkRuleset.target)
      holders.withLock { $0.formUnion(held) }
    }
  }

  /// - Throws: `NetlinkError` with EEXIST when another pod has one of the ports.
  func add(_ ports: [HostPort], podAddress: IPv4Address) throws {
    try remove(podAddress: podAddress)
    var transaction = NftTransaction(PodNetworkRuleset.table)
    for port in Set(ports) {
      let (set, element) = try PodNetworkRuleset.elements(port, podAddress: podAddress)
      transaction.append(.addElements(set, [element]))
    }
    transaction.append(
      .addElements(PodNetworkRuleset.hairpins, [NftElement([.address(podAddress), .address(podAddress)])]))
    try open().commit(transaction)
    holders.withLock { _ = $0.insert(podAddress) }
  }

  /// Frees the ports of a pod, and forgets the UDP connections to it.
  func remove(podAddress: IPv4Address) throws {
    guard holders.withLock({ $0.contains(podAddress) }) else { return }
    try remove { $0 == podAddress }
    try ConntrackConnection(try scope.openSocket(.netfilter)).deleteUDP {
      $0.reply.source == podAddress && $0.original.destination != podAddress
    }
    holders.withLock { _ = $0.remove(podAddress) }
  }

  /// Frees ports of pods that are not there any more.
  ///
  /// - Returns: the pods' addresses.
  func removeAll(except live: Set<IPv4Address>) throws -> Set<IPv4Address> {
    guard try exists() else { return [] }
    let removed = try remove { !live.contains($0) }
    holders.withLock { $0.subtract(removed) }
    return removed
  }

  /// The addresses that host ports lead to, except those of pods that are there.
  func holders(except live: Set<IPv4Address>) throws -> Set<IPv4Address> {
    let nft = try open()
    let held = try PodNetworkRuleset.sets.flatMap {
      try nft.elements(of: $0, in: PodNetworkRuleset.table).compactMap(PodNetworkRuleset.target)
    }
    return Set(held).subtracting(live)
  }

  @discardableResult
  private func remove(where isGone: (IPv4Address) -> Bool) throws -> Set<IPv4Address> {
    let nft = try open()
    var transaction = NftTransaction(PodNetworkRuleset.table)
    var removed: Set<IPv4Address> = []
    for set in PodNetworkRuleset.sets {
      let elements = try nft.elements(of: set, in: PodNetworkRuleset.table).filter {
        guard let target = PodNetworkRuleset.target($0), isGone(target) else { return false }
        removed.insert(target)
        return true
      }
      transaction.append(.deleteElements(set, elements))
    }
    try nft.commit(transaction)
    return removed
  }

  func exists() throws -> Bool { try open().tableExists(PodNetworkRuleset.table) }

  func tearDown() throws {
    try open().deleteTable(PodNetworkRuleset.table)
    holders.withLock { $0 = [] }
  }
}
