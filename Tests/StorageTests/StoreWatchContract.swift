import Storage
import Testing

/// The contract's watches.
@Suite struct StoreWatchContract {
  @Test(arguments: StoreBackend.all)
  func aWatchFirstGetsWhatItMissed(_ backend: StoreBackend) async throws {
    try await backend.withStore { store throws in
      let start = store.revision
      try await store.put("/p/a", "1")
      try await store.put("/q/a", "1")
      try await store.put("/p/b", "1")
      let stream = try store.watch(prefix: "/p/", after: start + 1)
      try await store.put("/p/a", "2")
      try await store.delete("/p/b")
      #expect(
        try await lines(stream, count: 3)
          == ["put /p/b=1@\(start + 3)", "put /p/a=2@\(start + 4)", "delete /p/b@\(start + 5)"])
    }
  }

  @Test(arguments: StoreBackend.all)
  func eventsCarryWhatWasBefore(_ backend: StoreBackend) async throws {
    try await backend.withStore { store throws in
      let stream = try store.watch(prefix: "/", after: store.revision)
      let created = try await store.put("/a", "1")
      try await store.put("/a", "2")
      let gone = try await store.delete("/a")
      let events = try await collect(stream, count: 3)
      #expect(events.map { $0.previous?.text } == [nil, "1", "2"])
      #expect(events[2].entry.text == "2")
      #expect(events[2].entry.modRevision == gone)
      #expect(events[2].entry.createRevision == created)
    }
  }

  @Test(arguments: StoreBackend.all)
  func everyWatcherSeesTheSameOrder(_ backend: StoreBackend) async throws {
    try await backend.withStore { store throws in
      let streams = try (0..<3).map { _ in try store.watch(prefix: "/", after: store.revision) }
      await withTaskGroup(of: Void.self) { group in
        for writer in 0..<4 {
          group.addTask { for turn in 0..<25 { _ = try? await store.put("/\(writer)/\(turn)", "x") } }
        }
      }
      var seen: [[Revision]] = []
      for stream in streams { seen.append(try await collect(stream, count: 100).map(\.entry.modRevision)) }
      #expect(seen[0] == Array(seen[0][0]..<seen[0][0] + 100))
      #expect(seen[0] == seen[1] && seen[1] == seen[2])
    }
  }

  @Test func aSlowWatcherIsEndedAndOthersAreNot() async throws {
    let store = MemoryStore(watcherBatches: 2)
    let slow = try store.watch(prefix: "/", after: store.revision)
    let other = try store.watch(prefix: "/other", after: store.revision)
    for turn in 0..<3 { try await store.put("/a", String(turn)) }
    try await store.put("/other", "1")
    await #expect(throws: StorageError.watcherTooSlow) { for try await _ in slow {} }
    #expect(try await collect(other, count: 1).map(\.entry.text) == ["1"])
  }

  @Test func boundedHistoryCompactsItself() async throws {
    let store = MemoryStore(maximumHistoryEvents: 2)
    let start = store.revision
    for turn in 0..<4 { try await store.put("/a", String(turn)) }
    #expect(throws: StorageError.compacted(oldest: start + 2)) { _ = try store.watch(prefix: "/", after: start + 1) }
    #expect(try await lines(store.watch(prefix: "/", after: start + 2), count: 2) == ["put /a=2@4", "put /a=3@5"])
  }

  @Test func historyIsBoundedByWhatItHolds() throws {
    var hub = WatchHub(compactedRevision: 0, maximumHistoryBytes: 100)
    func publish(_ revision: Revision, bytes: Int) {
      let entry = StoredEntry(
        key: "/a", value: [UInt8](repeating: 0, count: bytes), createRevision: 1, modRevision: revision)
      hub.publish([StoreEvent(kind: .put, entry: entry, previous: nil)])
    }
    publish(1, bytes: 60)
    publish(2, bytes: 40)
    #expect(hub.compactedRevision == 0)
    publish(3, bytes: 1)
    #expect(hub.compactedRevision == 1)
    // The last stays, however large.
    publish(4, bytes: 1000)
    #expect(hub.compactedRevision == 3)
    #expect(hub.events(after: 3).map(\.entry.modRevision) == [4])
    publish(5, bytes: 99)
    #expect(hub.events(after: 4).map(\.entry.modRevision) == [5])
    #expect(hub.compactedRevision == 4)
  }

  private func lines(_ stream: StoreWatchStream, count: Int) async throws -> [String] {
    try await collect(stream, count: count).map(\.line)
  }

  private func collect(_ stream: StoreWatchStream, count: Int) async throws -> [StoreEvent] {
    var events: [StoreEvent] = []
    for try await batch in stream {
      events += batch
      if events.count >= count { break }
    }
    return events
  }
}
