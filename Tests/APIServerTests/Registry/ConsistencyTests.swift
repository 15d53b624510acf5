import KubernetesAPI
import Testing

@testable import APIServer

/// Whoever lists, watches or starts anew sees the same objects, whatever many writers do at once.
@Suite struct ConsistencyTests {
  private static let writers = 6
  private static let turns = 60

  @Test(arguments: [1, 2, 3] as [UInt64])
  func watchersListsAndTheStoreAgree(_ seed: UInt64) async throws {
    try await RegistryFixture.run { fixture in
      let watch = try await fixture.watch(ConfigMap.kind)
      await withTaskGroup(of: Void.self) { group in
        for writer in 0..<Self.writers {
          group.addTask { await Self.write(fixture, Chance(state: seed * 1000 + UInt64(writer))) }
        }
      }
      try await fixture.create(ConfigMap.kind, RegistryFixture.configMap("last"))
      let watched = try await Self.follow(watch, until: "last")
      let listed = try await Self.state(fixture.registry)
      let stored = try await Self.state(Registry(store: fixture.store))
      #expect(watched == listed)
      #expect(stored == listed)
    }
  }

  private static func write(_ fixture: RegistryFixture, _ chance: Chance) async {
    var chance = chance
    for turn in 0..<turns {
      let name = "c\(chance.next(10))"
      do {
        switch chance.next(3) {
        case 0: try await fixture.create(ConfigMap.kind, RegistryFixture.configMap(name))
        case 1: try await fixture.merge(ConfigMap.kind, name, ["data": ["k": .string("\(turn)")]])
        default: try await fixture.delete(ConfigMap.kind, name)
        }
      } catch let status as Status where [.notFound, .alreadyExists, .conflict].contains(status.reason) {
        continue
      } catch {
        Issue.record("\(error)")
      }
    }
  }

  private static func follow(_ watch: RegistryWatch, until last: String) async throws -> [String: JSON] {
    var state: [String: JSON] = [:]
    for try await batch in watch {
      for event in batch {
        let (name, isKnown) = (event.object.key.name, state[event.object.key.name] != nil)
        #expect(isKnown == (event.type != .added), "\(event.type) of \(name)")
        state[name] = event.type == .deleted ? nil : event.object.json
      }
      if state[last] != nil { break }
    }
    return state
  }

  private static func state(_ registry: Registry) async throws -> [String: JSON] {
    let list = try await registry.list(ConfigMap.kind, namespace: nil, user: .server)
    return Dictionary(uniqueKeysWithValues: list.items.map { ($0.key.name, $0.json) })
  }
}

/// A small generator whose seed a failure repeats.
private struct Chance {
  var state: UInt64

  mutating func next(_ bound: UInt64) -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (state >> 33) % bound
  }
}
