import KubernetesAPI
import Testing

@testable import APIServer

@Suite struct WatchTests {
  /// The next events as lines: `ADDED default/a@5`.
  private func lines(_ iterator: inout RegistryWatch.Iterator, _ count: Int) async throws -> [String] {
    var lines: [String] = []
    while lines.count < count, let batch = try await iterator.next() { lines += batch.map(Self.line) }
    return lines
  }

  private static func line(_ event: RegistryEvent) -> String {
    let name = event.type == .bookmark ? "" : " \(event.object.key)"
    return "\(event.type.rawValue)\(name)@\(event.object.json.version)"
  }

  @Test func thePresentComesFirst() async throws {
    try await RegistryFixture.run { fixture in
      let a = try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("a"))
      var watch = try await fixture.watch(ConfigMap.kind, in: "default").makeAsyncIterator()
      let b = try await fixture.merge(ConfigMap.kind, "a", ["data": ["k": "1"]])
      try await fixture.delete(ConfigMap.kind, "a")
      let last = fixture.store.revision
      let seen = try await lines(&watch, 3)
      #expect(
        seen == [
          "ADDED default/a@\(a.version)", "MODIFIED default/a@\(b.version)", "DELETED default/a@\(last)",
        ])
    }
  }

  @Test func aVersionResumes() async throws {
    try await RegistryFixture.run { fixture in
      let a = try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("a"))
      let b = try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("b"))
      let options = RegistryListOptions(ListOptions(resourceVersion: a.version))
      var watch = try await fixture.watch(ConfigMap.kind, options).makeAsyncIterator()
      let c = try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("c"))
      let seen = try await lines(&watch, 2)
      #expect(seen == ["ADDED default/b@\(b.version)", "ADDED default/c@\(c.version)"])
    }
  }

  @Test func selectorsTurnChangesIntoComingAndGoing() async throws {
    try await RegistryFixture.run { fixture in
      let options = RegistryListOptions(ListOptions(labelSelector: "on=yes"))
      var watch = try await fixture.watch(ConfigMap.kind, options).makeAsyncIterator()
      try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("a", ["k": "1"]))
      let came = try await fixture.merge(ConfigMap.kind, "a", ["metadata": ["labels": ["on": "yes"]]])
      let left = try await fixture.merge(
        ConfigMap.kind, "a", ["metadata": ["labels": ["on": "no"]], "data": ["k": "2"]])
      var events: [RegistryEvent] = []
      while events.count < 2, let batch = try await watch.next() { events += batch }
      #expect(events.map(Self.line) == ["ADDED default/a@\(came.version)", "DELETED default/a@\(left.version)"])
      #expect(events[1].object.json.at("data.k") == "1")
    }
  }

  @Test func nodesSeeTheirPodsComeAndGo() async throws {
    try await RegistryFixture.run { fixture in
      func watch(_ node: String) async throws -> RegistryWatch.Iterator {
        let options = RegistryListOptions(ListOptions(fieldSelector: "spec.nodeName=\(node)"))
        return try await fixture.watch(Pod.kind, options).makeAsyncIterator()
      }
      var (one, two, unbound) = (try await watch("n1"), try await watch("n2"), try await watch(""))
      let made = try await fixture.createPod("a")
      let binding: JSON = ["metadata": ["name": "a"], "target": ["name": "n1"]]
      _ = try await fixture.registry.create(
        Pod.kind, namespace: "default", name: "a", ObjectBody(binding), subresource: "binding", user: fixture.user)
      let bound = try await fixture.get(Pod.kind, "a")
      let other = try await fixture.createPod("b") { $0["spec"]?["nodeName"] = "n2" }
      try await fixture.delete(Pod.kind, "a", DeleteOptions(gracePeriodSeconds: 0))
      let last = fixture.store.revision
      let seenByOne = try await lines(&one, 2)
      #expect(seenByOne == ["ADDED default/a@\(bound.version)", "DELETED default/a@\(last)"])
      let seenByTwo = try await lines(&two, 1)
      #expect(seenByTwo == ["ADDED default/b@\(other.version)"])
      let waiting = try await lines(&unbound, 2)
      #expect(waiting == ["ADDED default/a@\(made.version)", "DELETED default/a@\(bound.version)"])
    }
  }

  @Test func watchersShareOneObject() async throws {
    try await RegistryFixture.run { fixture in
      var first = try await fixture.watch(ConfigMap.kind).makeAsyncIterator()
      var second = try await fixture.watch(ConfigMap.kind).makeAsyncIterator()
      try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("a"))
      let one = try await first.next()?.first?.object
      let two = try await second.next()?.first?.object
      #expect(one != nil && one === two)
    }
  }

  @Test func whatIsForgottenExpires() async throws {
    try await RegistryFixture.run({ $0.historyEvents = 2 }) { fixture in
      var versions: [Int] = []
      for number in 0..<4 {
        let made = try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("a\(number)"))
        versions.append(Int(made.version) ?? 0)
      }
      let old = RegistryListOptions(ListOptions(resourceVersion: String(versions[0])))
      await expectStatus(410, .expired, "too old resource version: \(versions[0]) (\(versions[1]))") {
        _ = try await fixture.watch(ConfigMap.kind, old)
      }
      let young = RegistryListOptions(ListOptions(resourceVersion: String(versions[1])))
      var watch = try await fixture.watch(ConfigMap.kind, young).makeAsyncIterator()
      let seen = try await lines(&watch, 2)
      #expect(seen == ["ADDED default/a2@\(versions[2])", "ADDED default/a3@\(versions[3])"])
    }
  }

  @Test func aSlowWatcherIsEnded() async throws {
    try await RegistryFixture.run({ $0.watcherCapacity = 3 }) { fixture in
      var slow = try await fixture.watch(ConfigMap.kind).makeAsyncIterator()
      var quick = try await fixture.watch(ConfigMap.kind).makeAsyncIterator()
      for number in 0..<5 {
        try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("a\(number)"))
        _ = try await quick.next()
      }
      let delivered = try await slow.next()
      #expect(delivered?.count == 3)
      do {
        _ = try await slow.next()
        Issue.record("the slow watcher should have been ended")
      } catch let status as Status {
        #expect(status.code == 410)
        #expect(status.reason == .expired)
      }
      try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("b"))
      let next = try await quick.next()
      #expect(next?.map(\.object.key.name) == ["b"])
    }
  }

  @Test func initialEventsEndWithABookmark() async throws {
    try await RegistryFixture.run { fixture in
      let a = try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("a"))
      var list = ListOptions()
      list.allowWatchBookmarks = true
      let options = RegistryListOptions(list, resourceVersionMatch: "NotOlderThan", sendInitialEvents: true)
      var watch = try await fixture.watch(ConfigMap.kind, options).makeAsyncIterator()
      let batch = try await watch.next() ?? []
      #expect(batch.map(Self.line) == ["ADDED default/a@\(a.version)", "BOOKMARK@\(a.version)"])
      #expect(batch[1].object.json["metadata"]?["annotations"]?["k8s.io/initial-events-end"] == "true")
      #expect(batch[1].object.json["kind"] == "ConfigMap")
    }
  }

  @Test func bookmarksComeEveryMinuteAndAtTheEnd() async throws {
    try await RegistryFixture.run({ $0.bookmarkIntervalSeconds = 61 }) { fixture in
      var list = ListOptions()
      list.allowWatchBookmarks = true
      list.timeoutSeconds = 100
      var watch = try await fixture.watch(ConfigMap.kind, RegistryListOptions(list)).makeAsyncIterator()
      await fixture.time.sleeperAppears(seconds: 61)
      try await fixture.create(Secret.kind, ["metadata": ["name": "s"]])
      let revision = fixture.store.revision
      fixture.time.advance(seconds: 61)
      let first = try await lines(&watch, 1)
      #expect(first == ["BOOKMARK@\(revision)"])
      await fixture.time.sleeperAppears(seconds: 39)
      fixture.time.advance(seconds: 39)
      let last = try await lines(&watch, 1)
      #expect(last == ["BOOKMARK@\(revision)"])
      let end = try await watch.next()
      #expect(end == nil)
    }
  }

  @Test func withoutBookmarksTimeStillEnds() async throws {
    try await RegistryFixture.run { fixture in
      var list = ListOptions()
      list.timeoutSeconds = 7
      var watch = try await fixture.watch(ConfigMap.kind, RegistryListOptions(list)).makeAsyncIterator()
      await fixture.time.sleeperAppears(seconds: 7)
      fixture.time.advance(seconds: 7)
      let end = try await watch.next()
      #expect(end == nil)
    }
  }

  @Test func cancellingTheReaderEndsTheWatch() async throws {
    try await RegistryFixture.run { fixture in
      let watch = try await fixture.watch(ConfigMap.kind)
      let reader = Task {
        var count = 0
        for try await batch in watch { count += batch.count }
        return count
      }
      reader.cancel()
      let count = try await reader.value
      #expect(count == 0)
    }
  }

  @Test func endedWatchesLeaveTheCache() async throws {
    try await RegistryFixture.run { fixture in
      func open() -> Int { fixture.registry.watcherCounts.first { $0.kind == ConfigMap.kind }?.count ?? -1 }
      var watch: RegistryWatch? = try await fixture.watch(ConfigMap.kind)
      #expect(open() == 1)
      #expect(watch != nil)
      watch = nil
      #expect(open() == 0)
    }
  }

  @Test func everyWriteIsSeenOnceAndInOrder() async throws {
    try await RegistryFixture.run { fixture in
      let watch = try await fixture.watch(ConfigMap.kind)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<8 {
          group.addTask {
            for turn in 0..<20 {
              try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("w\(writer)-\(turn)"))
            }
          }
        }
        try await group.waitForAll()
      }
      var versions: [Int] = []
      for try await batch in watch {
        versions += batch.map(\.object.revision)
        if versions.count >= 160 { break }
      }
      #expect(versions.count == 160)
      #expect(versions == versions.sorted())
      #expect(Set(versions).count == 160)
    }
  }
}
