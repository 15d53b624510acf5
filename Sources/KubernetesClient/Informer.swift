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
    /// An attempt at the first list has found no server.
    var isUnanswered = false
    /// Nothing comes any more.
    var isFinished = false
    var nextWaiterID = 0
    var waiting: [Int: Waiter] = [:]
    var subscriptions: [InformerChanges<Object>] = []
  }

  private struct Waiter {
    var isOver: @Sendable (State) -> Bool
    var continuation: CheckedContinuation<Void, Never>
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

  /// Returns once the first list is in the copy, or nothing will come any more: `run()` has ended, or whoever waits was
  /// cancelled.
  package func waitForSync() async { await wait { $0.isSynced } }

  /// Returns once it is known whether there is a server to ask: true when the first list is in the copy, false when an
  /// attempt at it has failed for want of an answer. A server that refuses has answered, and is waited for. False too when
  /// nothing will come any more, as in `waitForSync()`.
  package func waitForAnswer() async -> Bool {
    await wait { $0.isSynced || $0.isUnanswered }
    return isSynced
  }

  private func wait(until isOver: @escaping @Sendable (State) -> Bool) async {
    let id = state.withLock { state in
      state.nextWaiterID += 1
      return state.nextWaiterID
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isServed = state.withLock { state in
          let isServed = isOver(state) || state.isFinished || Task.isCancelled
          if !isServed { state.waiting[id] = Waiter(isOver: isOver, continuation: continuation) }
          return isServed
        }
        if isServed { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiting.removeValue(forKey: id) }?.continuation.resume()
    }
  }

  /// Those whose wait is over; they wait no longer.
  private static func takeServed(_ state: inout State) -> [Waiter] {
    let ids = state.waiting.filter { state.isFinished || $0.value.isOver(state) }.keys
    return ids.compactMap { state.waiting.removeValue(forKey: $0) }
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
        noteFailure(error)
        try? await Task.sleep(for: backoff.next().jittered())
      }
    }
    finish()
  }

  private func noteFailure(_ error: any Error) {
    if let status = error as? Status, status.isAnswer { return }
    let served = state.withLock { state in
      state.isUnanswered = true
      return Self.takeServed(&state)
    }
    for waiter in served { waiter.continuation.resume() }
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
    let served = state.withLock { state in
      let fresh = Dictionary(objects.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
      for key in state.objects.keys where fresh[key] == nil { Self.set(&state, key, nil) }
      for (key, object) in fresh where state.objects[key]?.resourceVersion != object.resourceVersion {
        Self.set(&state, key, object)
      }
      state.isSynced = true
      return Self.takeServed(&state)
    }
    for waiter in served { waiter.continuation.resume() }
  }

  private static func set(_ state: inout State, _ key: ObjectKey, _ object: Object?) {
    let previous = state.objects.removeValue(forKey: key)
    if let object { state.objects[key] = object }
    for subscription in state.subscriptions { subscription.note(key, current: object, previous: previous) }
  }

  private func finish() {
    let (subscriptions, served) = state.withLock { state in
      state.isFinished = true
      return (state.subscriptions, Self.takeServed(&state))
    }
    for subscription in subscriptions { subscription.finish() }
    for waiter in served { waiter.continuation.resume() }
  }
}
