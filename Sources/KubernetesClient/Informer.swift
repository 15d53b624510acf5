import KubernetesAPI
import Synchronization

/// A local copy of one kind, kept up to date by list and watch.
///
/// `run()` lists, then watches from the list's version; a lost watch resumes where it ended, an expired one lists again.
/// Readers get the copy without waiting. Objects are shared values: never a reason to lock, never changed in place.
package final class Informer<Object: APIObject>: Sendable {
  private struct State {
    var objects: [ObjectKey: Object] = [:]
    var isSynced = false
    var waiting: [CheckedContinuation<Void, Never>] = []
    var subscriptions: [InformerChanges<Object>] = []
  }

  private let client: KubernetesClient
  private let namespace: String?
  private let options: ListOptions
  private let state = Mutex(State())

  package init(client: KubernetesClient, namespace: String? = nil, options: ListOptions = ListOptions()) {
    self.client = client
    self.namespace = namespace
    self.options = options
  }

  package func get(_ key: ObjectKey) -> Object? { state.withLock { $0.objects[key] } }

  package func list(namespace: String? = nil) -> [Object] {
    state.withLock { state in
      guard let namespace else { return Array(state.objects.values) }
      return state.objects.values.filter { $0.namespace == namespace }
    }
  }

  /// True once the first list is in the copy.
  package var isSynced: Bool { state.withLock(\.isSynced) }

  /// Returns once the first list is in the copy.
  package func waitForSync() async {
    await withCheckedContinuation { continuation in
      let synced = state.withLock { state in
        if !state.isSynced { state.waiting.append(continuation) }
        return state.isSynced
      }
      if synced { continuation.resume() }
    }
  }

  /// What changes from now on, after one `.added` for each object already here. One consumer each.
  package func changes() -> InformerChanges<Object> {
    state.withLock { state in
      let subscription = InformerChanges<Object>()
      for object in state.objects.values { subscription.note(object.key, current: object, previous: nil) }
      state.subscriptions.append(subscription)
      return subscription
    }
  }

  /// Keeps the copy up to date until cancelled.
  package func run() async {
    var backoff = Backoff(initial: .milliseconds(200), maximum: .seconds(30))
    var version: String?
    while !Task.isCancelled {
      do {
        let from: String
        if let version { from = version } else { from = try await relist() }
        version = from
        backoff.reset()
        try await follow(from: from) { version = $0 }
      } catch let status as Status where status.reason == .expired || status.reason == .gone {
        version = nil
      } catch {
        // A refused or cut connection: what we know stays served while we come back.
        try? await Task.sleep(for: backoff.next().jittered())
      }
    }
    finish()
  }

  private func relist() async throws -> String {
    let list = try await client.transport.list(Object.kind, namespace: namespace, options)
    replace(with: list.items.map(Object.init(unchecked:)))
    return list.resourceVersion
  }

  private func follow(from version: String, _ advance: (String) -> Void) async throws {
    var options = options
    options.resourceVersion = version
    options.allowWatchBookmarks = true
    for try await event in try await client.transport.watch(Object.kind, namespace: namespace, options) {
      let object = Object(unchecked: event.object)
      apply(event.type, object)
      advance(object.resourceVersion)
    }
  }

  private func apply(_ type: WatchEvent.Kind, _ object: Object) {
    state.withLock { state in
      switch type {
      case .bookmark: return
      case .added, .modified: Self.set(&state, object.key, object)
      case .deleted: Self.set(&state, object.key, nil)
      }
    }
  }

  private func replace(with objects: [Object]) {
    let waiting = state.withLock { state in
      let fresh = Dictionary(objects.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
      for key in state.objects.keys where fresh[key] == nil { Self.set(&state, key, nil) }
      for (key, object) in fresh where state.objects[key]?.resourceVersion != object.resourceVersion {
        Self.set(&state, key, object)
      }
      state.isSynced = true
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }

  private static func set(_ state: inout State, _ key: ObjectKey, _ object: Object?) {
    let previous = state.objects.removeValue(forKey: key)
    if let object { state.objects[key] = object }
    for subscription in state.subscriptions { subscription.note(key, current: object, previous: previous) }
  }

  private func finish() {
    let (subscriptions, waiting) = state.withLock { state in
      defer { state.waiting = [] }
      return (state.subscriptions, state.waiting)
    }
    for subscription in subscriptions { subscription.finish() }
    for continuation in waiting { continuation.resume() }
  }
}
