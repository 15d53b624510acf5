import KubernetesAPI
import Logging
import Storage
import Synchronization

/// Every object of every kind in memory, fed by one watch of the store, so that all kinds advance through the same
/// revisions and one number says how fresh the whole is.
final class WatchCache: Sendable {
  static let root = "/registry/"
  /// Objects read from the store in one go while loading.
  private static let loadPage = 1000

  private let store: any Store
  private let logger: Logger
  private let kinds: [String: KindCache]
  let gate: RevisionGate
  /// Trees of writes that are under way, so that an object that was just encoded is not parsed again. An entry lives
  /// for the time of its write.
  private let treesUnderWay = Mutex<[String: (value: [UInt8], tree: JSON)]>([:])

  init(store: any Store, kinds: [KindCache], logger: Logger) {
    self.store = store
    self.logger = logger
    self.kinds = Dictionary(uniqueKeysWithValues: kinds.map { (Self.prefix($0.codec.kind), $0) })
    gate = RevisionGate(applied: 0)
  }

  /// `/registry/apps/deployments/`, `/registry/core/pods/`.
  static func prefix(_ kind: Kind) -> String { "\(root)\(kind.group.isEmpty ? "core" : kind.group)/\(kind.plural)/" }

  static func storeKey(_ kind: Kind, _ key: ObjectKey) -> String {
    key.namespace.isEmpty ? prefix(kind) + key.name : "\(prefix(kind))\(key.namespace)/\(key.name)"
  }

  /// Reads everything the store holds. Throws `StorageError`.
  func load() throws {
    let revision = store.revision
    for (prefix, cache) in kinds { cache.load(try objects(of: cache, prefix: prefix, at: revision), at: revision) }
    gate.advance(to: revision)
  }

  private func objects(of cache: KindCache, prefix: String, at revision: Revision) throws -> [StoredObject] {
    var objects: [StoredObject] = []
    var page = StoreRange(entries: [], revision: revision, more: true)
    while page.more {
      page = try store.range(prefix: prefix, after: page.entries.last?.key, limit: Self.loadPage, at: revision)
      for entry in page.entries {
        // A damaged entry costs itself, not the server: it is named in the log and left where it is.
        do { objects.append(try cache.codec.object(entry, keepsTree: false)) } catch {
          logger.error(
            "skipping an object that cannot be read", metadata: ["key": "\(entry.key)", "error": "\(error)"])
        }
      }
    }
    return objects
  }

  /// Follows the store until the task is cancelled or the store closes.
  func run() async {
    while !Task.isCancelled {
      do {
        for try await batch in try store.watch(prefix: Self.root, after: gate.applied) { apply(batch) }
        break
      } catch StorageError.watcherTooSlow {
        continue  // The store's own history bridges the gap.
      } catch StorageError.closed {
        break
      } catch {
        logger.warning("loading the watch cache anew", metadata: ["error": "\(error)"])
        do { try load() } catch StorageError.compacted {
          continue  // So much was written meanwhile: what is there now is read.
        } catch {
          logger.error("the store cannot be read", metadata: ["error": "\(error)"])
          break
        }
      }
    }
    gate.close()
    for cache in kinds.values { cache.endAllWatches() }
  }

  private func apply(_ batch: [StoreEvent]) {
    for event in batch {
      // Reads that wait for a revision wait for all of its transaction.
      gate.advance(to: event.entry.modRevision - 1)
      apply(event)
    }
    if let last = batch.last { gate.advance(to: last.entry.modRevision) }
  }

  private func apply(_ event: StoreEvent) {
    guard let cache = kinds[Self.kindPrefix(event.entry.key)] else { return }
    do {
      let tree = event.kind == .put ? tree(of: event.entry) : cache[cache.codec.key(event.entry.key)]?.json
      let object = try cache.codec.object(event.entry, tree: tree)
      cache.apply(object, isDelete: event.kind == .delete, revision: event.entry.modRevision)
    } catch {
      logger.error("skipping an event", metadata: ["key": "\(event.entry.key)", "error": "\(error)"])
    }
  }

  /// For a quiet moment: see `KindCache.pack`.
  func pack() async {
    for cache in kinds.values { await cache.pack() }
  }

  /// Up to and with the slash after the resource.
  private static func kindPrefix(_ key: String) -> String {
    var slashes = 0
    let end = key.utf8.firstIndex { byte in
      if byte == UInt8(ascii: "/") { slashes += 1 }
      return slashes == 4
    }
    return end.map { String(key[...$0]) } ?? key
  }

  /// Lets the cache take `tree` as the decoded form of `value` while `body` commits it.
  func withTree<Result>(
    _ tree: JSON, of value: [UInt8], at key: String, _ body: () async throws -> Result
  ) async rethrows -> Result {
    treesUnderWay.withLock { $0[key] = (value, tree) }
    defer { treesUnderWay.withLock { $0[key] = nil } }
    return try await body()
  }

  private func tree(of entry: StoredEntry) -> JSON? {
    treesUnderWay.withLock { trees in
      guard let candidate = trees[entry.key], candidate.value == entry.value else { return nil }
      return candidate.tree
    }
  }
}
