import KubernetesAPI
import Testing

@testable import APIServer

/// What is packed in a quiet moment reads as if it were not.
@Suite struct PackingTests {
  private static func event(_ number: Int, of pod: String) -> JSON {
    [
      "metadata": ["name": .string("\(pod).\(number)")],
      "involvedObject": ["kind": "Pod", "name": .string(pod), "namespace": "default", "fieldPath": "spec.containers{web}"],
      "reason": "Started", "type": "Normal", "message": "Started container web", "count": .int(number + 1),
      "source": ["component": "kubelet", "host": "n1"],
    ]
  }

  /// All that clients can read of a kind: a list, a list by field, and the changes since `version`.
  private func view(_ fixture: RegistryFixture, _ kind: Kind, fieldSelector: String, since version: String) async throws -> [String] {
    let all = try await fixture.registry.list(kind, namespace: nil, user: fixture.user)
    let selected = RegistryListOptions(ListOptions(fieldSelector: fieldSelector))
    let some = try await fixture.registry.list(kind, namespace: "default", selected, user: fixture.user)
    let options = RegistryListOptions(ListOptions(resourceVersion: version))
    var watch = try await fixture.watch(kind, options).makeAsyncIterator()
    // What a watch has missed comes at once.
    let missed = try await watch.next() ?? []
    let changes = missed.map { "\($0.type.rawValue) \(String(decoding: $0.object.bytes, as: UTF8.self))" }
    return (all.items + some.items).map { String(decoding: $0.bytes, as: UTF8.self) } + ["\(some.items.count)"] + changes
  }

  @Test func eventsReadTheSame() async throws {
    try await RegistryFixture.run { fixture in
      let start = String(fixture.store.revision)
      for number in 0..<40 { try await fixture.create(Event.kind, Self.event(number, of: number.isMultiple(of: 4) ? "a" : "b")) }
      try await fixture.merge(Event.kind, "a.8", ["count": 7])
      try await fixture.delete(Event.kind, "b.9")
      let selector = "involvedObject.name=a,type!=Warning"
      let before = try await view(fixture, Event.kind, fieldSelector: selector, since: start)
      #expect(before.contains("10"))
      await fixture.registry.pack()
      let (_, cache) = try fixture.registry.serving(Event.kind)
      #expect(cache.snapshot.count == 39)
      #expect(cache.snapshot.objects.filter(\.isPacked).count == 39)
      let after = try await view(fixture, Event.kind, fieldSelector: selector, since: start)
      #expect(after == before)
      // Once more, when most is packed and something is new.
      try await fixture.create(Event.kind, Self.event(40, of: "a"))
      await fixture.registry.pack()
      let again = try await fixture.get(Event.kind, "a.40")
      #expect(again["count"] == 41)
      let raised = try await fixture.merge(Event.kind, "a.12", ["count": 99])
      #expect(raised["count"] == 99)
      #expect(raised["message"] == "Started container web")
    }
  }

  @Test func historyReadsTheSameAndThePresentStaysAsItIs() async throws {
    try await RegistryFixture.run { fixture in
      let start = String(fixture.store.revision)
      for name in ["a", "b"] { try await fixture.create(ConfigMap.kind, RegistryFixture.configMap(name, ["k": "0"])) }
      for number in 1...20 { try await fixture.merge(ConfigMap.kind, "a", ["data": ["k": .string("\(number)")]]) }
      try await fixture.delete(ConfigMap.kind, "b")
      let before = try await view(fixture, ConfigMap.kind, fieldSelector: "metadata.name=a", since: start)
      // Two listings and their count; two made, twenty changes, one deleted.
      #expect(before.count == 3 + 23)
      await fixture.registry.pack()
      let (_, cache) = try fixture.registry.serving(ConfigMap.kind)
      #expect(cache.snapshot.objects.filter(\.isPacked).isEmpty)
      let after = try await view(fixture, ConfigMap.kind, fieldSelector: "metadata.name=a", since: start)
      #expect(after == before)
    }
  }

  @Test func whoWatchesMissesNothing() async throws {
    try await RegistryFixture.run { fixture in
      try await fixture.create(Event.kind, Self.event(1, of: "a"))
      let options = RegistryListOptions(ListOptions(fieldSelector: "involvedObject.name=a"))
      var watch = try await fixture.watch(Event.kind, options).makeAsyncIterator()
      await fixture.registry.pack()
      try await fixture.merge(Event.kind, "a.1", ["count": 5])
      try await fixture.delete(Event.kind, "a.1")
      var types: [WatchEvent.Kind] = []
      while types.count < 3, let batch = try await watch.next() { types += batch.map(\.type) }
      #expect(types == [.added, .modified, .deleted])
    }
  }

  @Test func packedTextIsTheSameText() throws {
    let example = Array(#"{"kind":"Event","metadata":{"name":"a.1","namespace":"default"},"reason":"Started"}"#.utf8)
    let text = Array(#"{"kind":"Event","metadata":{"name":"a.2","namespace":"default"},"reason":"Started"}"#.utf8)
    let packed = try #require(PackedText(text, like: example))
    #expect(packed.text == text)
    #expect(packed.count == text.count)
    let long = Array(String(repeating: "ü and so on, ", count: 20_000).utf8)
    #expect(PackedText(long, like: example)?.text == long)
    #expect(PackedText(text, like: long) == nil || PackedText(text, like: long)?.text == text)
  }

  @Test func whatDoesNotShrinkIsLeftAlone() {
    let noise = (0..<4096).map { _ in UInt8.random(in: 0...255) }
    #expect(PackedText(noise, like: []) == nil)
    #expect(PackedText([], like: []) == nil)
  }

  @Test(arguments: [[], [""], ["a"], ["", "ü", "", "a\u{0}b", String(repeating: "x", count: 70_000)]])
  func fieldValuesKeepTheirPlaces(_ values: [String]) {
    for fields in [FieldValues(values), FieldValues(values).copied] {
      for (position, value) in values.enumerated() {
        #expect(fields[position] == value)
        #expect(fields.isEqual(at: position, to: value))
        #expect(!fields.isEqual(at: position, to: value + "x"))
        #expect(value.isEmpty || !fields.isEqual(at: position, to: String(value.dropLast())))
      }
    }
  }
}
