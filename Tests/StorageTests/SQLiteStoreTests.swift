import Foundation
import Storage
import Testing

@Suite struct SQLiteStoreTests {
  @Test func entriesAndRevisionsOutliveTheStore() async throws {
    try await withTemporaryDirectory { directory in
      let first = try SQLiteStore(path: directory + "/store.db")
      try await first.put("/a", "1")
      let revision = try await first.put("/b", "2")
      try await first.close()
      let second = try SQLiteStore(path: directory + "/store.db")
      #expect(second.revision == revision)
      #expect(try second.range(prefix: "/").entries.map(\.text) == ["1", "2"])
      #expect(try await second.put("/c", "3") == revision + 1)
      try await second.close()
    }
  }

  @Test func historyEndsAtARestart() async throws {
    try await withTemporaryDirectory { directory in
      let first = try SQLiteStore(path: directory + "/store.db")
      let revision = try await first.put("/a", "1")
      try await first.close()
      let second = try SQLiteStore(path: directory + "/store.db")
      #expect(throws: StorageError.compacted(oldest: revision)) { try second.watch(prefix: "/", after: revision - 1) }
      try await second.close()
    }
  }

  @Test func manyWritersShareCommits() async throws {
    try await withTemporaryDirectory { directory in
      let store = try SQLiteStore(path: directory + "/store.db")
      let before = store.revision
      let revisions = try await withThrowingTaskGroup(of: Revision.self) { group in
        for number in 0..<500 { group.addTask { try await store.put("/k\(number)", "v") } }
        return try await group.reduce(into: Set<Revision>()) { $0.insert($1) }
      }
      #expect(revisions == Set(before + 1...before + 500))
      #expect(try store.range(prefix: "/k").entries.count == 500)
      try await store.close()
    }
  }

  @Test func aDamagedFileIsNamed() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/store.db"
      try Data(repeating: 7, count: 8192).write(to: URL(fileURLWithPath: path))
      #expect {
        _ = try SQLiteStore(path: path)
      } throws: { error in
        guard case StorageError.io(let message) = error else { return false }
        return message.contains(path) && message.contains("damaged")
      }
    }
  }
}
