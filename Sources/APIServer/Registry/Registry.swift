import KubernetesAPI
import Logging
import Storage

/// The semantics of API resources without HTTP: one method per verb, used by the HTTP front and by the in-process
/// transport. Every verb throws `Status`, or `CancellationError`. Authorization stands before it.
///
/// Reads are answered from the watch cache, writes go to the store under a condition. A write returns once the cache
/// has it, so whoever has an answer also reads it.
package final class Registry: Sendable {
  /// All kinds served, in the order of discovery.
  package let kinds: [RegisteredKind]
  let store: any Store
  let configuration: RegistryConfiguration
  let cache: WatchCache
  let services: ServiceAllocator
  let milestones = PodMilestones()
  private let caches: [Kind: KindCache]
  private let registered: [Kind: RegisteredKind]

  var environment: RegistryEnvironment { configuration.environment }
  var logger: Logger { configuration.logger }

  /// Loads everything the store holds. Nothing is served before `run` is called. Throws `StorageError`, and
  /// `ServiceAllocator.ConfigurationError` for a service range that is none.
  package init(
    store: any Store, configuration: RegistryConfiguration = RegistryConfiguration(),
    kinds: [RegisteredKind] = RegisteredKind.all
  ) throws {
    self.kinds = kinds
    self.store = store
    self.configuration = configuration
    registered = Dictionary(uniqueKeysWithValues: kinds.map { ($0.kind, $0) })
    caches = registered.mapValues { kind in
      KindCache(
        codec: ObjectCodec(kind: kind.kind, selectableFields: kind.selectableFields, strategy: kind.strategy),
        historyEvents: configuration.historyEvents, watcherCapacity: configuration.watcherCapacity)
    }
    cache = WatchCache(store: store, kinds: Array(caches.values), logger: configuration.logger)
    try cache.load()
    services = try ServiceAllocator(cidr: configuration.serviceCIDR, nodePorts: configuration.nodePorts)
    if let stored = caches.first(where: { $0.key.group.isEmpty && $0.key.plural == "services" })?.value {
      services.load(stored.snapshot.objects.map(\.json))
    }
  }

  /// Feeds the cache, forgets old Events and old history. Until the task is cancelled or the store closes.
  package func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.cache.run() }
      group.addTask { await self.compactPeriodically() }
      group.addTask { await self.expireEventsPeriodically() }
      await group.next()
      group.cancelAll()
    }
  }

  /// The newest revision that reads are answered from.
  package var revision: Int { cache.gate.applied }

  /// Watches that are open, by kind (for metrics).
  package var watcherCounts: [(kind: Kind, count: Int)] {
    kinds.map { ($0.kind, caches[$0.kind]?.watcherCount ?? 0) }
  }

  /// Objects that are stored, by kind (for metrics).
  package var objectCounts: [(kind: Kind, count: Int)] {
    kinds.map { ($0.kind, caches[$0.kind]?.snapshot.count ?? 0) }
  }

  package func kind(group: String, version: String, plural: String) -> RegisteredKind? {
    kinds.first { $0.kind.group == group && $0.kind.version == version && $0.kind.plural == plural }
  }

  /// The kind with all that belongs to it. Throws 404 for kinds that are not served.
  func serving(_ kind: Kind) throws(Status) -> (registered: RegisteredKind, cache: KindCache) {
    guard let entry = registered[kind], let cache = caches[kind] else {
      throw Status(code: 404, reason: .notFound, message: "the server could not find the requested resource")
    }
    return (entry, cache)
  }

  /// An object as the cache has it, without waiting: what stands before every request cannot wait for a write. Whoever
  /// has the answer to a write is sure to find it here.
  func cached(_ kind: Kind, _ key: ObjectKey) -> JSON? { caches[kind]?[key]?.json }

  func cache(ofPlural plural: String, group: String = "") -> KindCache? {
    caches.first { $0.key.plural == plural && $0.key.group == group }?.value
  }

  /// Waits until the cache has everything that is stored.
  func waitUntilFresh() async throws { try await cache.gate.wait(for: store.revision) }
}
