import KubernetesAPI
import KubernetesClient
import LinuxSystem
import Netlink
import Synchronization

/// Keeps the kernel's Service table as the API's Services and EndpointSlices say.
///
/// Changes are applied as they come; what comes while one transaction is on its way makes up the next.
///
/// `sessionAffinity: ClientIP` chooses by a hash of the client's address: a client stays with its endpoint for as long as
/// the set of endpoints stays, rather than for `timeoutSeconds`.
package final class KubeProxy: Sendable {
  /// How often to look whether somebody else changed our rules: one message to the kernel.
  private static let checkInterval = Duration.seconds(30)
  private static let retryInterval = Duration.seconds(1)

  private struct Core {
    var state: ProxyState
    var kernel: ProxyKernel
  }

  private let services: Informer<Service>
  private let slices: Informer<EndpointSlice>
  private let core: Mutex<Core>
  private let pool: BlockingPool
  private let report: @Sendable (String) -> Void

  /// - Parameters:
  ///   - clusterCIDR: the pods' addresses of all nodes.
  ///   - namespacePath: the network namespace to work in; nil for the process's own.
  ///   - report: gets a line for each failed attempt to change the kernel; it is repeated until it succeeds.
  package init(
    client: KubernetesClient, nodeName: String, clusterCIDR: String = "10.42.0.0/16", namespacePath: String? = nil,
    report: @escaping @Sendable (String) -> Void = { _ in }
  ) throws {
    guard let cluster = IPv4Prefix(clusterCIDR) else { throw ProxyConfigurationError(clusterCIDR: clusterCIDR) }
    let options = ListOptions()
    services = Informer(client: client, options: options)
    slices = Informer(client: client, options: options)
    let kernel = ProxyKernel(try NetworkScope(path: namespacePath))
    core = Mutex(Core(state: ProxyState(nodeName: nodeName, cluster: cluster), kernel: kernel))
    pool = try BlockingPool(name: "kube-proxy", threads: 1)
    self.report = report
  }

  /// Until cancelled. The rules stay: connections go on without the agent.
  package func run() async {
    let (wakeups, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.services.run() }
      group.addTask { await self.slices.run() }
      group.addTask { await self.follow(wake) }
      group.addTask { await self.apply(wakeups, wake) }
      group.addTask {
        // Not before the first lists: an empty table would be worse than the one that is there.
        await self.services.waitForSync()
        await self.slices.waitForSync()
        while (try? await Task.sleep(for: Self.checkInterval)) != nil { wake.yield() }
        wake.finish()
      }
    }
    pool.stop()
  }

  /// Removes the Service table.
  package static func tearDown(namespacePath: String? = nil) throws {
    try ProxyKernel(try NetworkScope(path: namespacePath)).tearDown()
  }

  /// What the kernel holds of the proxy, a line each: nothing after `tearDown`.
  package static func residue(namespacePath: String? = nil) throws -> [String] {
    let table = ServiceRuleset.table
    let isThere = try NftConnection(try NetworkScope(path: namespacePath).openSocket(.netfilter)).tableExists(table)
    return isThere ? ["nft table \(table.name)"] : []
  }

  private func follow(_ wake: AsyncStream<Void>.Continuation) async {
    await services.waitForSync()
    await slices.waitForSync()
    // Both lists before the first transaction: Services without their endpoints would refuse.
    for service in services.list() { note(service.key, service) }
    for slice in slices.list() { note(slice.key, slice) }
    wake.yield()
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        for await change in self.services.changes() {
          self.note(change.object.key, change.isDeletion ? nil : change.object)
          wake.yield()
        }
      }
      group.addTask {
        for await change in self.slices.changes() {
          self.note(change.object.key, change.isDeletion ? nil : change.object)
          wake.yield()
        }
      }
    }
  }

  private func note(_ key: ObjectKey, _ service: Service?) { inbox.withLock { $0.services[key] = .some(service) } }
  private func note(_ key: ObjectKey, _ slice: EndpointSlice?) { inbox.withLock { $0.slices[key] = .some(slice) } }

  /// What came since the last transaction; only the newest of each object counts.
  private struct Inbox: Sendable {
    var services: [ObjectKey: Service?] = [:]
    var slices: [ObjectKey: EndpointSlice?] = [:]
  }

  private let inbox = Mutex(Inbox())

  private func apply(_ wakeups: AsyncStream<Void>, _ wake: AsyncStream<Void>.Continuation) async {
    for await _ in wakeups {
      do {
        try await pool.run { [self] in try sync() }
      } catch {
        report("services: \(error)")
        try? await Task.sleep(for: Self.retryInterval)
        wake.yield()
      }
    }
  }

  private func sync() throws {
    let news = inbox.withLock { inbox in
      defer { inbox = Inbox() }
      return inbox
    }
    try core.withLock { core in
      for (key, service) in news.services { core.state.setService(key, service) }
      for (key, slice) in news.slices { core.state.setSlice(key, slice) }
      try core.kernel.sync(&core.state)
    }
  }
}

extension InformerChange {
  fileprivate var isDeletion: Bool { if case .deleted = self { true } else { false } }
}

package struct ProxyConfigurationError: Error, CustomStringConvertible {
  package let clusterCIDR: String
  package var description: String { "cluster-cidr: invalid value \"\(clusterCIDR)\"" }
}
