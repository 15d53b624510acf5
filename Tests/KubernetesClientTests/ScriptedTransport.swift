import KubernetesAPI
import KubernetesClient
import Synchronization

/// A server that answers by script. Whatever has none fails with 500; on its watches nothing happens.
final class ScriptedTransport: APITransport {
  private let onList: @Sendable (_ position: Int) throws -> ObjectList
  private let onCreate: @Sendable (_ position: Int, _ object: JSON) throws -> Void
  private let onPatch: @Sendable (_ position: Int, _ key: ObjectKey, _ patch: Patch) throws -> Void
  private let counts = Mutex<[String: Int]>([:])

  init(
    onList: @escaping @Sendable (Int) throws -> ObjectList = { _ in throw ScriptedTransport.none },
    onCreate: @escaping @Sendable (Int, JSON) throws -> Void = { _, _ in throw ScriptedTransport.none },
    onPatch: @escaping @Sendable (Int, ObjectKey, Patch) throws -> Void = { _, _, _ in throw ScriptedTransport.none }
  ) {
    self.onList = onList
    self.onCreate = onCreate
    self.onPatch = onPatch
  }

  static let none = Status(code: 500, reason: .internalError, message: "not in the script")

  private func position(_ verb: String) -> Int {
    counts.withLock { counts in
      defer { counts[verb, default: 0] += 1 }
      return counts[verb, default: 0]
    }
  }

  func list(_ kind: Kind, namespace: String?, _ options: ListOptions) async throws -> ObjectList {
    try onList(position("list"))
  }

  func watch(_ kind: Kind, namespace: String?, _ options: ListOptions) async throws -> WatchStream {
    let (stream, continuation) = WatchStream.makeStream()
    continuation.onTermination = { _ in continuation.finish() }
    return stream
  }

  func create(_ kind: Kind, namespace: String, _ object: JSON, subresource: String?) async throws -> JSON {
    try onCreate(position("create"), object)
    return object
  }

  func patch(_ kind: Kind, _ key: ObjectKey, _ patch: Patch, subresource: String?) async throws -> JSON {
    try onPatch(position("patch"), key, patch)
    return [:]
  }

  func get(_ kind: Kind, _ key: ObjectKey) async throws -> JSON { throw ScriptedTransport.none }
  func update(_ kind: Kind, _ object: JSON, subresource: String?) async throws -> JSON { throw ScriptedTransport.none }
  func delete(_ kind: Kind, _ key: ObjectKey, _ options: DeleteOptions) async throws -> JSON { throw ScriptedTransport.none }
}
