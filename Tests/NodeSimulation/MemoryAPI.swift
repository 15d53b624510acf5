import KubernetesAPI
import KubernetesClient
import Synchronization

/// An API server's storage semantics in memory, as far as a node agent needs them: versions, watches with field
/// selectors, status patches, graceful deletion of pods.
package final class MemoryAPI: APITransport {
  private struct Watcher {
    var kind: Kind
    var namespace: String?
    var selector: String
    var continuation: WatchStream.Continuation
  }

  private struct State {
    var version = 0
    var objects: [String: [ObjectKey: JSON]] = [:]
    var watchers: [Int: Watcher] = [:]
    var nextWatcher = 0
    /// Every pod as a patch of its status left it, in order.
    var told: [Pod] = []
    var isDown = false
    /// By kind.
    var refusals: [String: Int] = [:]
    var tokenRequests: [TokenRequest] = []
  }

  private let state = Mutex(State())
  private let waiters = Waiters()

  package init() {}

  /// Every call fails while it is down, and watches end.
  package func setDown(_ isDown: Bool) {
    let ended = state.withLock { state in
      state.isDown = isDown
      defer { if isDown { state.watchers = [:] } }
      return isDown ? Array(state.watchers.values) : []
    }
    for watcher in ended { watcher.continuation.finish(throwing: Self.down) }
  }

  private static let down = Status(code: 503, reason: .serviceUnavailable, message: "the server is away")

  /// What the agent told of a pod, patch by patch.
  package func told(_ pod: String) -> [PodStatus] { state.withLock { $0.told.filter { $0.name == pod }.map(\.status) } }

  package func object<Object: APIObject>(_: Object.Type, _ key: ObjectKey) -> Object? {
    state.withLock { $0.objects[Object.kind.kind]?[key] }.map(Object.init(unchecked:))
  }

  package func objects<Object: APIObject>(_: Object.Type) -> [Object] {
    state.withLock { Array(($0.objects[Object.kind.kind] ?? [:]).values) }.map(Object.init(unchecked:))
  }

  /// Returns once the condition holds; it is looked at after each change.
  package func wait(until condition: @escaping @Sendable (MemoryAPI) -> Bool) async throws {
    try await waiters.wait(lastSeen: { self.summary }, until: { condition(self) })
  }

  private var summary: String {
    let pods = objects(Pod.self).map { "\($0.key): \($0.status.json.text)" }
    let events = objects(Event.self).map { "\($0.reason): \($0.message)" }
    return (pods + events + ["\(refusals) refusals"]).joined(separator: "\n")
  }

  package func get(_ kind: Kind, _ key: ObjectKey) async throws -> JSON {
    try check(kind)
    guard let object = state.withLock({ $0.objects[kind.kind]?[key] }) else {
      throw Status.notFound(kind, name: key.name)
    }
    return object
  }

  package func list(_ kind: Kind, namespace: String?, _ options: ListOptions) async throws -> ObjectList {
    try check(kind)
    return state.withLock { state in
      let all = (state.objects[kind.kind] ?? [:]).values
      return ObjectList(
        items: all.filter { Self.matches($0, namespace, options.fieldSelector) }, resourceVersion: "\(state.version)")
    }
  }

  package func watch(_ kind: Kind, namespace: String?, _ options: ListOptions) async throws -> WatchStream {
    try check(kind)
    let (stream, continuation) = WatchStream.makeStream()
    state.withLock { state in
      let after = Int(options.resourceVersion) ?? 0
      for object in (state.objects[kind.kind] ?? [:]).values
      where Self.matches(object, namespace, options.fieldSelector) && Self.version(object) > after {
        continuation.yield(WatchEvent(.modified, object))
      }
      state.nextWatcher += 1
      state.watchers[state.nextWatcher] = Watcher(
        kind: kind, namespace: namespace, selector: options.fieldSelector, continuation: continuation)
    }
    return stream
  }

  package func create(_ kind: Kind, namespace: String, _ object: JSON, subresource: String?) async throws -> JSON {
    try check(kind)
    let key = Self.key(object)
    if subresource == "token" { return issue(object) }
    guard state.withLock({ $0.objects[kind.kind]?[key] }) == nil else {
      throw Status.alreadyExists(kind, name: key.name)
    }
    return store(kind, key, object, .added)
  }

  /// Requests for tokens so far.
  package var tokenRequests: [TokenRequest] { state.withLock(\.tokenRequests) }

  private func issue(_ object: JSON) -> JSON {
    var request = TokenRequest(unchecked: object)
    let number = state.withLock { state in
      state.tokenRequests.append(request)
      return state.tokenRequests.count
    }
    request.status.token = "token-\(number)"
    return request.json
  }

  package func update(_ kind: Kind, _ object: JSON, subresource: String?) async throws -> JSON {
    try check(kind)
    return store(kind, Self.key(object), object, .modified)
  }

  package func patch(_ kind: Kind, _ key: ObjectKey, _ patch: Patch, subresource: String?) async throws -> JSON {
    try check(kind)
    guard let known = state.withLock({ $0.objects[kind.kind]?[key] }) else {
      throw Status.notFound(kind, name: key.name)
    }
    let change =
      switch patch {
      case .json(let json), .merge(let json), .strategicMerge(let json): json
      }
    let result = Self.merged(known, change)
    if kind == Pod.kind, subresource == "status" { state.withLock { $0.told.append(Pod(unchecked: result)) } }
    return store(kind, key, result, .modified)
  }

  package func delete(_ kind: Kind, _ key: ObjectKey, _ options: DeleteOptions) async throws -> JSON {
    try check(kind)
    guard var object = state.withLock({ $0.objects[kind.kind]?[key] }) else {
      throw Status.notFound(kind, name: key.name)
    }
    let grace = options.gracePeriodSeconds ?? 30
    guard kind.kind == "Pod", grace > 0 else {
      return store(kind, key, object, .deleted)
    }
    object["metadata"]?["deletionTimestamp"] = Timestamp.now().json
    object["metadata"]?["deletionGracePeriodSeconds"] = .int(grace)
    return store(kind, key, object, .modified)
  }

  /// Calls that failed because the server was away.
  package var refusals: Int { state.withLock { $0.refusals.values.reduce(0, +) } }

  package func refusals<Object: APIObject>(_: Object.Type) -> Int {
    state.withLock { $0.refusals[Object.kind.kind] ?? 0 }
  }

  private func check(_ kind: Kind) throws {
    let isDown = state.withLock { state in
      if state.isDown { state.refusals[kind.kind, default: 0] += 1 }
      return state.isDown
    }
    guard isDown else { return }
    waiters.wake()
    throw Self.down
  }

  private func store(_ kind: Kind, _ key: ObjectKey, _ object: JSON, _ type: WatchEvent.Kind) -> JSON {
    let stored = state.withLock { state in
      state.version += 1
      var object = object
      object["metadata"]?["resourceVersion"] = .string("\(state.version)")
      if object[path: "metadata", "uid"] == nil { object["metadata"]?["uid"] = .string("uid-\(state.version)") }
      state.objects[kind.kind, default: [:]][key] = type == .deleted ? nil : object
      for watcher in state.watchers.values
      where watcher.kind == kind && Self.matches(object, watcher.namespace, watcher.selector) {
        watcher.continuation.yield(WatchEvent(type, object))
      }
      return object
    }
    waiters.wake()
    return stored
  }

  private static func key(_ object: JSON) -> ObjectKey {
    ObjectKey(
      namespace: object[path: "metadata", "namespace"]?.stringValue ?? "",
      name: object[path: "metadata", "name"]?.stringValue ?? "")
  }

  private static func version(_ object: JSON) -> Int {
    Int(object[path: "metadata", "resourceVersion"]?.stringValue ?? "") ?? 0
  }

  private static func matches(_ object: JSON, _ namespace: String?, _ selector: String) -> Bool {
    if let namespace, key(object).namespace != namespace { return false }
    guard let equals = selector.firstIndex(of: "=") else { return true }
    let wanted = String(selector[selector.index(after: equals)...])
    let path = selector[..<equals].split(separator: ".").map(String.init)
    return path.reduce(Optional(object)) { $0?[$1] }?.stringValue == wanted
  }

  /// Objects merge, null removes, conditions merge by type, other lists are replaced.
  private static func merged(_ known: JSON, _ change: JSON) -> JSON {
    guard let members = change.objectValue else { return change }
    var result = known.objectValue == nil ? JSON.emptyObject : known
    for member in members {
      if member.value.isNull {
        result[member.key] = nil
      } else if member.key == "conditions" {
        let new = member.value.arrayValue ?? []
        let old = known["conditions"]?.arrayValue ?? []
        let kept = old.filter { old in !new.contains { $0["type"] == old["type"] } }
        let changed = new.map { new in merged(old.first { $0["type"] == new["type"] } ?? .emptyObject, new) }
        result["conditions"] = .array(kept + changed)
      } else {
        result[member.key] = merged(known[member.key] ?? .null, member.value)
      }
    }
    return result
  }
}
