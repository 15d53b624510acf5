import Foundation
import Storage
import Testing

/// An engine under the contract. To put another one under it, add it to `all`.
struct StoreBackend: Sendable, CustomTestStringConvertible {
  let name: String
  let withStore: @Sendable (_ body: @Sendable (any Store) async throws -> Void) async throws -> Void

  var testDescription: String { name }

  static let memory = StoreBackend(name: "memory") { body in
    let store = MemoryStore()
    try await body(store)
    try await store.close()
  }

  static let sqlite = StoreBackend(name: "sqlite") { body in
    try await withTemporaryDirectory { directory in
      let store = try SQLiteStore(path: directory + "/store.db")
      try await body(store)
      try await store.close()
    }
  }

  static let all = [memory, sqlite]
}

extension Store {
  @discardableResult
  func put(_ key: String, _ value: String, if conditions: StoreTransaction.Condition...) async throws -> Revision {
    try await commit(
      StoreTransaction(conditions: conditions, writes: [.put(key: key, value: Array(value.utf8))]))
  }

  @discardableResult
  func delete(_ key: String) async throws -> Revision {
    try await commit(StoreTransaction(writes: [.delete(key: key)]))
  }
}

extension StoredEntry {
  var text: String { String(decoding: value, as: UTF8.self) }
}

extension StoreEvent {
  /// `put /a=1@2`, `delete /a@3`: one event as a line of a table.
  var line: String {
    switch kind {
    case .put: "put \(entry.key)=\(entry.text)@\(entry.modRevision)"
    case .delete: "delete \(entry.key)@\(entry.modRevision)"
    }
  }
}

/// A directory that is gone afterwards.
func withTemporaryDirectory<Value>(_ body: (String) async throws -> Value) async throws -> Value {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent("swiftlet-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try await body(path)
}
