import KubernetesAPI
import Storage

/// What the registry does by itself while it runs.
extension Registry {
  /// Seconds between looks at the age of Events.
  private static let expiryIntervalSeconds = 60.0

  /// Forgets the store's history, always leaving the last interval for those who come late.
  func compactPeriodically() async {
    var previous = store.revision
    while (try? await environment.sleep(configuration.compactionIntervalSeconds)) != nil {
      do { try await store.compact(before: previous) } catch {
        logger.warning("compaction failed", metadata: ["error": "\(error)"])
      }
      previous = store.revision
    }
  }

  /// Brings what is kept for those who come late into less memory; for a moment when there is nothing else to do.
  package func pack() async {
    // The store's history is for a cache that lags behind, and this one does not.
    do { try await store.compact(before: cache.gate.applied) } catch {
      logger.warning("compaction failed", metadata: ["error": "\(error)"])
    }
    await cache.pack()
  }

  func expireEventsPeriodically() async {
    while (try? await environment.sleep(Self.expiryIntervalSeconds)) != nil { await expireEvents() }
  }

  /// Deletes Events that nobody has touched for the time they live.
  func expireEvents() async {
    let oldest = environment.now().adding(seconds: -configuration.eventTTLSeconds)
    for registered in kinds where registered.strategy is EventStrategy {
      guard let (_, cache) = try? serving(registered.kind) else { continue }
      for event in cache.snapshot.objects where event.lastSeen.map({ $0 < oldest }) ?? false {
        // Whoever changes an Event meanwhile keeps it alive: then the delete's condition fails, as it should.
        try? await commitDelete(registered, event.key, at: event.revision)
      }
    }
  }
}
