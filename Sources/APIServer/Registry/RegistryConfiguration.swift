import Logging

/// What the registry needs to know about the cluster, and its bounds.
package struct RegistryConfiguration: Sendable {
  /// Where Services get their virtual addresses (`--service-cluster-ip-range`).
  package var serviceCIDR = "10.43.0.0/16"
  /// `--service-node-port-range`.
  package var nodePorts = 30_000...32_767
  /// Pods get the service account `default`, and must name one that exists.
  package var admitsServiceAccounts = true
  /// Seconds until an Event is forgotten (`--event-ttl`).
  package var eventTTLSeconds = 3600
  /// Seconds between bookmarks on watches that ask for them.
  package var bookmarkIntervalSeconds = 60.0
  /// Seconds between compactions of the store; history is kept at least that long.
  package var compactionIntervalSeconds = 300.0
  /// Seconds a read may wait for a version that the cache has not seen.
  package var freshnessTimeoutSeconds = 3.0
  /// Seconds after which a watch without `timeoutSeconds` ends: this much to twice this much.
  package var minimumWatchSeconds = 1800
  /// Events kept per kind for watchers that come late.
  package var historyEvents = KindHistory.maximumEvents
  /// Events a watcher may lag behind.
  package var watcherCapacity = WatchMailbox.defaultCapacity
  /// Issues the tokens of service accounts, and tells them from forgeries. Nil: there are none, and pods get none.
  package var tokens: ServiceAccountTokens?
  package var environment = RegistryEnvironment.system
  package var logger = Logger(label: "swiftlet.registry")

  package init() {}
}
