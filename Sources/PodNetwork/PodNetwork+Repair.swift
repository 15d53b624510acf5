import Glibc
import LinuxSystem
import Netlink

extension PodNetwork {
  /// Compares the kernel with the pods that should be there, and repairs the difference.
  ///
  /// - Returns: what was repaired, a line each.
  package func reconcile(livePodUIDs: Set<String>) async throws -> [String] {
    try await pool.run { [self] in
      let routes = try scope.routes()
      var repaired = try removeOrphans(routes, livePodUIDs)
      let cables = try routes.links().filter { livePodUIDs.contains($0.alias) }.compactMap { link in
        PodCable(link).map { (link: link, cable: $0) }
      }
      repaired += forgetLost(cables.map(\.cable.uid), livePodUIDs)
      repaired += try restoreRoutes(routes, cables)
      let live = Set(cables.map(\.cable.address))
      repaired += try hostPorts.removeAll(except: live).sorted().map { "removed host ports of \($0), which no pod has" }
      return repaired
    }
  }

  /// What the kernel holds for pods that are not there, a line each; changes nothing. `reconcile` removes it.
  ///
  /// - Throws: `NetlinkError`.
  package func orphans(livePodUIDs: Set<String>) async throws -> [String] {
    try await pool.run { [self] in
      let links = try scope.routes().links()
      let orphans = orphanedLinks(links, livePodUIDs)
      let live = Set(links.filter { livePodUIDs.contains($0.alias) }.compactMap { PodCable($0)?.address })
      guard try hostPorts.exists() else { return orphans.map { "link \($0.name)" } }
      return orphans.map { "link \($0.name)" } + (try hostPorts.holders(except: live)).sorted().map { "host ports of \($0)" }
    }
  }

  /// Removes everything of the pod network from the kernel, running pods' links too. ip_forward stays as it is: others
  /// may rely on it.
  ///
  /// - Throws: `NetlinkError`.
  package func tearDown() throws {
    let routes = try scope.routes()
    try remover.removeNow(try routes.links().filter(PodCable.isCable).map(\.name))
    for route in try routes.routes() where route.kind == .unreachable && route.destination == plan.range {
      try routes.perform(RouteMessage.delete(route), "remove route to \(plan.range)")
    }
    // Its address and routes go with it.
    if let bridge = try routes.link(named: plan.bridge) {
      try routes.perform(LinkMessage.delete(index: bridge.index), "remove link \(plan.bridge)")
    }
    try hostPorts.tearDown()
    addresses.withLock { $0 = AddressPool(plan.range) }
  }

  /// What the kernel holds of the pod network, a line each: nothing after `tearDown`.
  ///
  /// - Throws: `NetlinkError`.
  package func residue() throws -> [String] {
    let links = try scope.routes().links().filter { PodCable.isCable($0) || $0.name == plan.bridge }
    return links.map { "link \($0.name)" }
      + (try hostPorts.exists() ? ["nft table \(PodNetworkRuleset.table.name)"] : [])
  }

  private func orphanedLinks(_ links: [Link], _ live: Set<String>) -> [Link] {
    // A pod being attached has its address before its link has an alias, and is not known as live to everyone yet.
    let attaching = addresses.withLock { pool in Set(pool.uids.map(PodCable.linkName)) }
    return links.filter { link in
      guard PodCable.isCable(link) else { return false }
      return link.alias.isEmpty ? !attaching.contains(link.name) : !live.contains(link.alias)
    }
  }

  private func removeOrphans(_ routes: RouteConnection, _ live: Set<String>) throws -> [String] {
    let orphans = orphanedLinks(try routes.links(), live)
    guard !orphans.isEmpty else { return [] }
    try remover.removeNow(orphans.map(\.name))
    addresses.withLock { pool in
      for orphan in orphans { pool.release(orphan.alias) }
    }
    return orphans.map {
      "removed link \($0.name) of pod \($0.alias.isEmpty ? "unknown" : $0.alias), which is not here"
    }
  }

  /// Pods that have an address here, and no link in the kernel any more.
  private func forgetLost(_ connected: [String], _ live: Set<String>) -> [String] {
    addresses.withLock { pool in
      let lost = pool.uids.filter { live.contains($0) && !connected.contains($0) }.sorted()
      for uid in lost { pool.release(uid) }
      return lost.map { "pod \($0) has lost its link; it needs a new sandbox" }
    }
  }

  private func restoreRoutes(_ routes: RouteConnection, _ cables: [(link: Link, cable: PodCable)]) throws -> [String] {
    let present = Set(try routes.routes().compactMap { route in route.link.map { RouteKey(route.destination, $0) } })
    return try cables.compactMap { link, cable in
      guard !present.contains(RouteKey(IPv4Prefix(cable.address, length: 32), link.index)) else { return nil }
      try routes.perform(cable.nodeRequests(link: link.index, hasIPv6: hasIPv6))
      return "restored the route to pod \(cable.uid)"
    }
  }
}

private struct RouteKey: Hashable {
  let destination: IPv4Prefix
  let link: Int32

  init(_ destination: IPv4Prefix, _ link: Int32) {
    self.destination = destination
    self.link = link
  }
}
