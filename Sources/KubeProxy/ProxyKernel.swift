import Glibc
import LinuxSystem
import Netlink

/// Brings the kernel's table to the state's. Calls block: for the proxy's own thread.
struct ProxyKernel {
  /// A transaction is planned again this often when others change tables meanwhile.
  private static let maximumAttempts = 5

  private let scope: NetworkScope
  /// The generation after our last transaction; nil before the first one, and after a failure.
  private var generation: UInt32?
  /// The kernel's numbers of our rules: others mean that somebody changed them.
  private var ruleHandles: [String: [UInt64]] = [:]

  /// Kept open: closing a netfilter socket waits until the kernel has freed what was deleted, about 15 ms.
  private var connection: NftConnection?

  init(_ scope: NetworkScope) { self.scope = scope }

  /// Applies what changed since the last call; everything when the kernel is not as we left it.
  ///
  /// - Throws: `NetlinkError`, `SystemCallError`. The next call makes the table anew.
  mutating func sync(_ state: inout ProxyState) throws {
    let nft = try connection ?? NftConnection(try scope.openSocket(.netfilter))
    connection = nft
    do {
      if generation == nil { return try replace(nft, &state) }
      let before = generation
      let isForeign = try before != nft.generation()
      if try isForeign && !isAsWeLeftIt(nft, state) { return try replace(nft, &state) }
      guard let change = state.plan() else { return }
      try commit(nft, change, &state)
    } catch {
      generation = nil
      connection = nil
      throw error
    }
  }

  private mutating func commit(_ nft: NftConnection, _ change: ProxyState.Change, _ state: inout ProxyState) throws {
    let changesRules = change.transaction.commands.contains { if case .flushChain = $0 { true } else { false } }
    do {
      try nft.commit(change.transaction, generation: generation)
    } catch is NftConflict {
      // Between our look and our commit: rare enough to pay for a whole table.
      try replace(nft, &state)
      return try forget(change.staleUDP)
    }
    generation = generation.map { $0 &+ 1 }
    if changesRules { ruleHandles = try nft.ruleHandles(in: ServiceRuleset.table) }
    try forget(change.staleUDP)
  }

  private mutating func replace(_ nft: NftConnection, _ state: inout ProxyState) throws {
    let change = state.planWhole()
    for _ in 0..<Self.maximumAttempts {
      let current = try nft.generation()
      do {
        try nft.commit(change.transaction, generation: current)
      } catch is NftConflict {
        continue
      }
      generation = current &+ 1
      ruleHandles = try nft.ruleHandles(in: ServiceRuleset.table)
      return try forget(change.staleUDP)
    }
    throw NetlinkError(
      operation: "replace table \(ServiceRuleset.table.name)", errno: EBUSY, message: "others keep changing the rules")
  }

  /// Compares rules and elements with what we put there, and takes the present generation when they are the same: the
  /// change was of another table.
  private mutating func isAsWeLeftIt(_ nft: NftConnection, _ state: ProxyState) throws -> Bool {
    let current = try nft.generation()
    guard try nft.tableExists(ServiceRuleset.table), try nft.ruleHandles(in: ServiceRuleset.table) == ruleHandles
    else { return false }
    for set in ProxySet.allCases {
      guard try Set(nft.elements(of: set.nft, in: ServiceRuleset.table)) == state.elements(of: set) else {
        return false
      }
    }
    generation = current
    return true
  }

  private func forget(_ stale: StaleUDP) throws {
    guard !stale.isEmpty else { return }
    try ConntrackConnection(try scope.openSocket(.netfilter)).deleteUDP(where: stale.matches)
  }

  func tearDown() throws {
    try NftConnection(try scope.openSocket(.netfilter)).deleteTable(ServiceRuleset.table)
  }
}
