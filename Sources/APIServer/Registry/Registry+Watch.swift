import HTTPServing
import KubernetesAPI
import Storage

extension Registry {
  /// Events of a kind. Where they begin is upstream's: with `resourceVersion` empty or "0", the present state as ADDED
  /// events first; with a version, what came after it. Throws 410 `Expired` when that is gone.
  package func watch(
    _ kind: Kind, namespace: String?, _ options: RegistryListOptions = RegistryListOptions(), user: UserInfo
  ) async throws -> RegistryWatch {
    let (registered, cache) = try serving(kind)
    try options.checkForWatch()
    let filter = try ObjectFilter(registered, namespace: namespace, options.list)
    let (id, mailbox, initial) = try await begin(options, filter, cache)
    let timer = startTimer(options.list, cache, mailbox)
    return RegistryWatch(initial: initial, mailbox: mailbox) {
      timer.cancel()
      cache.endWatch(id)
    }
  }

  private func begin(
    _ options: RegistryListOptions, _ filter: ObjectFilter, _ cache: KindCache
  ) async throws -> (Int, WatchMailbox, [RegistryEvent]) {
    let version = options.list.resourceVersion
    guard options.sendInitialEvents != true else {
      try await waitUntilFresh(version)
      return beginWithState(filter, cache, endsWithBookmark: options.list.allowWatchBookmarks)
    }
    guard version.isEmpty || version == "0" else {
      return try begin(after: try Self.version(version), filter, cache)
    }
    if version.isEmpty { try await waitUntilFresh() }
    guard options.sendInitialEvents == nil else { return try begin(after: self.cache.gate.applied, filter, cache) }
    return beginWithState(filter, cache, endsWithBookmark: false)
  }

  private func beginWithState(
    _ filter: ObjectFilter, _ cache: KindCache, endsWithBookmark: Bool
  ) -> (Int, WatchMailbox, [RegistryEvent]) {
    let revision = self.cache.gate.applied
    let (id, mailbox, state) = cache.watchFromNow(filter)
    var initial = state.range(namespace: filter.namespace).filter(filter.matches).map {
      RegistryEvent(type: .added, object: $0)
    }
    if endsWithBookmark {
      initial.append(
        RegistryEvent(type: .bookmark, object: cache.codec.bookmark(at: revision, endsInitialEvents: true)))
    }
    return (id, mailbox, initial)
  }

  private func begin(
    after revision: Revision, _ filter: ObjectFilter, _ cache: KindCache
  ) throws -> (Int, WatchMailbox, [RegistryEvent]) {
    let (id, mailbox, missed) = try cache.watch(filter, after: revision)
    return (id, mailbox, missed)
  }

  /// Sends bookmarks while the watch lasts, and a last one when its time is up.
  private func startTimer(_ options: ListOptions, _ cache: KindCache, _ mailbox: WatchMailbox) -> Task<Void, Never> {
    let random = Int(environment.random() % UInt64(max(configuration.minimumWatchSeconds, 1)))
    let seconds = options.timeoutSeconds > 0 ? options.timeoutSeconds : configuration.minimumWatchSeconds + random
    // Lives as long as the watch, which cancels it when it goes.
    return Task { [environment, configuration, gate = self.cache.gate] in
      var remaining = Double(seconds)
      while remaining > 0 {
        let pause = options.allowWatchBookmarks ? min(configuration.bookmarkIntervalSeconds, remaining) : remaining
        guard (try? await environment.sleep(pause)) != nil else { return }
        remaining -= pause
        guard options.allowWatchBookmarks else { continue }
        let bookmark = cache.codec.bookmark(at: gate.applied, endsInitialEvents: false)
        guard mailbox.push(RegistryEvent(type: .bookmark, object: bookmark)) else { return }
      }
      mailbox.finish()
    }
  }
}
