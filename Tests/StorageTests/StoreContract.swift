import Storage
import Testing

/// What every engine must do. `docs/architecture.md` says why the API server needs it so.
@Suite struct StoreContract {
  @Test(arguments: StoreBackend.all)
  func revisionsHaveNoGaps(_ backend: StoreBackend) async throws {
    try await backend.withStore { store throws in
      let first = store.revision
      #expect(try await store.put("/a", "1") == first + 1)
      #expect(try await store.put("/b", "1") == first + 2)
      #expect(try await store.delete("/a") == first + 3)
      #expect(store.revision == first + 3)
    }
  }

  @Test(arguments: StoreBackend.all)
  func entriesCarryTheirRevisions(_ backend: StoreBackend) async throws {
    try await backend.withStore { store throws in
      let created = try await store.put("/a", "1")
      let changed = try await store.put("/a", "2")
      let entry = try #require(try store.get("/a"))
      #expect(entry == StoredEntry(key: "/a", value: Array("2".utf8), createRevision: created, modRevision: changed))
      #expect(try store.get("/none") == nil)
    }
  }

  @Test(arguments: StoreBackend.all)
  func aKeyThatComesBackIsNew(_ backend: StoreBackend) async throws {
    try await backend.withStore { store throws in
      try await store.put("/a", "1")
      try await store.delete("/a")
      let again = try await store.put("/a", "2")
      #expect(try store.get("/a")?.createRevision == again)
    }
  }

  @Test(arguments: StoreBackend.all)
  func deletingWhatIsAbsentChangesNothing(_ backend: StoreBackend) async throws {
    try await backend.withStore { store throws in
      let before = store.revision
      #expect(try await store.delete("/none") == before)
      #expect(store.revision == before)
    }
  }

  @Test(arguments: StoreBackend.all)
  func rangesAreBytewiseOrderedAndPaged(_ backend: StoreBackend) async throws {
    try await backend.withStore { store throws in
      for key in ["/p/b", "/p/a", "/p/a/x", "/p/a-b", "/q/a", "/p", "/p/ü"] { try await store.put(key, key) }
      #expect(try store.range(prefix: "/p/").entries.map(\.key) == ["/p/a", "/p/a-b", "/p/a/x", "/p/b", "/p/ü"])
      let page = try store.range(prefix: "/p/", after: nil, limit: 2, at: nil)
      #expect(page.entries.map(\.key) == ["/p/a", "/p/a-b"])
      #expect(page.more)
      let rest = try store.range(prefix: "/p/", after: "/p/a-b", limit: 3, at: page.revision)
      #expect(rest.entries.map(\.key) == ["/p/a/x", "/p/b", "/p/ü"])
      #expect(!rest.more)
    }
  }

  @Test(arguments: StoreBackend.all)
  func conditionsGuardTheWholeTransaction(_ backend: StoreBackend) async throws {
    try await backend.withStore { store throws in
      let created = try await store.put("/a", "1", if: .absent(key: "/a"))
      let current = try store.get("/a")
      await #expect(throws: StorageError.conditionFailed(key: "/a", current: current)) {
        try await store.put("/a", "2", if: .absent(key: "/a"))
      }
      await #expect(throws: StorageError.conditionFailed(key: "/b", current: nil)) {
        try await store.put(
          "/c", "1", if: .unchanged(key: "/a", modRevision: created), .unchanged(key: "/b", modRevision: 1))
      }
      #expect(try store.get("/c") == nil)
      #expect(store.revision == created)
      try await store.put("/a", "2", if: .unchanged(key: "/a", modRevision: created))
      #expect(try store.get("/a")?.text == "2")
    }
  }

  @Test(arguments: StoreBackend.all)
  func aTransactionHasOneRevision(_ backend: StoreBackend) async throws {
    try await backend.withStore { store throws in
      try await store.put("/gone", "1")
      let before = store.revision
      let stream = try store.watch(prefix: "/", after: before)
      let revision = try await store.commit(
        StoreTransaction(writes: [.put(key: "/a", value: [1]), .put(key: "/b", value: [2]), .delete(key: "/gone")]))
      #expect(revision == before + 1)
      #expect(try store.get("/a")?.modRevision == revision)
      #expect(try store.get("/b")?.modRevision == revision)
      let batch = try await stream.first { _ in true }
      #expect(batch?.map(\.entry.modRevision) == [revision, revision, revision])
    }
  }

  @Test(arguments: StoreBackend.all)
  func aKeyWrittenTwiceIsRefused(_ backend: StoreBackend) async throws {
    try await backend.withStore { store throws in
      await #expect(throws: StorageError.invalidTransaction("key /a is written twice in one transaction")) {
        _ = try await store.commit(StoreTransaction(writes: [.put(key: "/a", value: [1]), .delete(key: "/a")]))
      }
    }
  }

  @Test(arguments: StoreBackend.all)
  func thePastStaysReadable(_ backend: StoreBackend) async throws {
    try await backend.withStore { store throws in
      try await store.put("/a", "1")
      let then = try await store.put("/b", "1")
      try await store.put("/a", "2")
      try await store.delete("/b")
      try await store.put("/c", "1")
      let past = try store.range(prefix: "/", after: nil, limit: 0, at: then)
      #expect(past.entries.map(\.text) == ["1", "1"])
      #expect(past.entries.map(\.key) == ["/a", "/b"])
      #expect(past.revision == then)
    }
  }

  @Test(arguments: StoreBackend.all)
  func theFutureIsRefused(_ backend: StoreBackend) async throws {
    try await backend.withStore { store throws in
      let newest = store.revision
      #expect(throws: StorageError.futureRevision(newest: newest)) {
        _ = try store.range(prefix: "/", after: nil, limit: 0, at: newest + 1)
      }
      #expect(throws: StorageError.futureRevision(newest: newest)) {
        _ = try store.watch(prefix: "/", after: newest + 1)
      }
    }
  }

  @Test(arguments: StoreBackend.all)
  func compactionForgetsWhatIsOlder(_ backend: StoreBackend) async throws {
    try await backend.withStore { store throws in
      let first = try await store.put("/a", "1")
      let second = try await store.put("/a", "2")
      try await store.put("/a", "3")
      try await store.compact(before: second)
      #expect(throws: StorageError.compacted(oldest: second)) {
        _ = try store.range(prefix: "/", after: nil, limit: 0, at: first)
      }
      #expect(throws: StorageError.compacted(oldest: second)) { _ = try store.watch(prefix: "/", after: first) }
      #expect(try store.range(prefix: "/", after: nil, limit: 0, at: second).entries.map(\.text) == ["2"])
      #expect(try store.get("/a")?.text == "3")
    }
  }

  @Test(arguments: StoreBackend.all)
  func closingRefusesEverything(_ backend: StoreBackend) async throws {
    try await backend.withStore { store throws in
      let stream = try store.watch(prefix: "/", after: store.revision)
      try await store.close()
      #expect(throws: StorageError.closed) { _ = try store.get("/a") }
      await #expect(throws: StorageError.closed) { try await store.put("/a", "1") }
      await #expect(throws: StorageError.closed) { for try await _ in stream {} }
    }
  }

  @Test(arguments: StoreBackend.all)
  func manyWritersLoseNothing(_ backend: StoreBackend) async throws {
    try await backend.withStore { store throws in
      try await store.put("/counter", "0")
      let before = store.revision
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<8 { group.addTask { for _ in 0..<25 { await Self.increment("/counter", in: store) } } }
      }
      #expect(try store.get("/counter")?.text == "200")
      #expect(store.revision == before + 200)
    }
  }

  private static func increment(_ key: String, in store: any Store) async {
    while true {
      guard let entry = try? store.get(key), let value = Int(entry.text) else { return }
      let unchanged = StoreTransaction.Condition.unchanged(key: key, modRevision: entry.modRevision)
      if (try? await store.put(key, String(value + 1), if: unchanged)) != nil { return }
    }
  }
}
