import Glibc
import LinuxSystem
import Testing

@testable import ImageStore

@Suite(.enabled(if: isRoot, needsRoot)) struct PullTests {
  let directory: TemporaryDirectory
  let store: ImageStore
  let served: ServedImage

  init() throws {
    directory = try TemporaryDirectory()
    store = try directory.store()
    served = try ServedImage(directory)
  }

  func isLayer(_ request: ScriptedRegistry.Request) -> Bool {
    request.path.hasSuffix(served.layerDigest.description)
  }

  @Test func aCutTransferGoesOnWhereItWas() async throws {
    // Large beside what waits in buffers, so that something has arrived before each cut.
    let served = try ServedImage(directory, contentBytes: 8_000_000)
    let registry = try ScriptedRegistry { request, repetition in
      var answer = served.answer(request)
      if request.path.hasSuffix(served.layerDigest.description), repetition < 2 { answer.cutAfter = 3_000_000 }
      return answer
    }
    let image = try await store.pull("\(registry.host)/team/app:v1")
    #expect(linkStatus("\(image.layerDirectories[0])/file")?.st_size == 8_000_000)
    let asked = registry.requests.filter { $0.path.hasSuffix(served.layerDigest.description) }
    let starts = asked.map { request in
      request.headers["range"].flatMap { Int($0.dropFirst("bytes=".count).dropLast()) } ?? 0
    }
    #expect(starts.count == 3)
    #expect(starts[0] == 0)
    #expect(starts[1] > 0 && starts[1] <= 3_000_000)
    #expect(starts[2] > starts[1] && starts[2] <= starts[1] + 3_000_000)
  }

  @Test func aServerWithoutRangesStartsOver() async throws {
    let registry = try ScriptedRegistry { [served] request, repetition in
      var plain = request
      plain.headers["range"] = nil
      var answer = served.answer(plain)
      if request.path.hasSuffix(served.layerDigest.description), repetition == 0 { answer.cutAfter = 100_000 }
      return answer
    }
    let image = try await store.pull("\(registry.host)/team/app:v1")
    #expect(try FileSystem.read("\(image.layerDirectories[0])/file").count == 300_000)
  }

  @Test func aServerThatStumblesIsAskedAgainAFewTimes() async throws {
    let registry = try ScriptedRegistry { [served] request, repetition in
      let isLayer = request.path.hasSuffix(served.layerDigest.description)
      return isLayer && repetition < 2 ? .init(status: 503) : served.answer(request)
    }
    let image = try await store.pull("\(registry.host)/team/app:v1")
    #expect(image.layerDirectories.count == 1)
    #expect(registry.requests.filter(isLayer).count == 3)
  }

  @Test func aMissingBlobIsNotAskedForAgain() async throws {
    let registry = try ScriptedRegistry { [served] request, _ in
      request.path.hasSuffix(served.layerDigest.description) ? .init(status: 404) : served.answer(request)
    }
    let error = await #expect(throws: ImagePullError.self) { try await store.pull("\(registry.host)/team/app:v1") }
    #expect(error?.message.hasSuffix("failed to copy: content \(served.layerDigest): not found") == true)
    #expect(registry.requests.filter(isLayer).count == 1)
    #expect(try FileTree.names(in: store.session.path) == ["lock"])
  }

  /// The server wants a token for the repository, and gives it to anybody or to one user.
  func guarded(by user: RegistryCredentials?) throws -> ScriptedRegistry {
    try ScriptedRegistry { [served] request, _ in
      if request.path.hasPrefix("/token") {
        let isWelcome = user == nil || request.headers["authorization"] == user?.basic
        return isWelcome ? .init(body: Array(#"{"token": "abc"}"#.utf8)) : .init(status: 401)
      }
      if request.headers["authorization"] == "Bearer abc" { return served.answer(request) }
      let host = request.headers["host"] ?? ""
      let challenge = #"Bearer realm="http://\#(host)/token",service="test",scope="repository:team/app:pull""#
      return .init(status: 401, headers: ["WWW-Authenticate": challenge])
    }
  }

  @Test func tokensAreFetchedOnce() async throws {
    let registry = try guarded(by: nil)
    _ = try await store.pull("\(registry.host)/team/app:v1")
    #expect(registry.requests("/token").map(\.path) == ["/token?service=test&scope=repository%3Ateam%2Fapp%3Apull"])
    #expect(registry.requests("/v2").filter { $0.headers["authorization"] == nil }.count == 1)
  }

  @Test func tokensAreForThoseWhoMayHaveThem() async throws {
    let user = RegistryCredentials(username: "user", password: "secret")
    let registry = try guarded(by: user)
    let name = "\(registry.host)/team/app:v1"
    let error = await #expect(throws: ImagePullError.self) { try await store.pull(name) }
    #expect(
      error?.message.contains(
        "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to "
          + "http://\(registry.host)/token?service=test&scope=repository%3Ateam%2Fapp%3Apull: 401") == true)
    #expect(try await store.pull(name, credentials: user).names == [name])
  }

  @Test func identityTokensAreRefreshed() async throws {
    let registry = try guarded(by: nil)
    let credentials = RegistryCredentials(username: "", password: "", identityToken: "re&fresh")
    _ = try await store.pull("\(registry.host)/team/app:v1", credentials: credentials)
    let request = try #require(registry.requests("/token").first)
    #expect(request.method == "POST")
    #expect(request.body.contains("grant_type=refresh_token&refresh_token=re%26fresh&"))
  }

  @Test func anIndexLeadsToThisPlatform() async throws {
    let index = try encodeDocument(
      ImageManifest(
        schemaVersion: 2,
        manifests: [
          .init(digest: Digest(of: [1]).description, size: 1, platform: .init(architecture: "s390x", os: "linux")),
          .init(digest: served.manifestDigest.description, size: served.manifest.count, platform: .host),
        ]))
    let registry = try ScriptedRegistry { [served] request, _ in
      request.path.hasSuffix("/manifests/multi") ? .init(body: index) : served.answer(request)
    }
    let image = try await store.pull("\(registry.host)/team/app:multi")
    #expect(image.repoDigests == ["\(registry.host)/team/app@\(Digest(of: index))"])
    let other = try await store.pull("\(registry.host)/team/app@\(served.manifestDigest)")
    #expect(other.id == image.id)
    #expect(other.repoDigests.count == 2)
  }

  @Test func aManifestMustHaveTheDigestItWasAskedBy() async throws {
    let registry = try ScriptedRegistry { [served] _, _ in .init(body: served.manifest) }
    let wanted = Digest(of: [1])
    let error = await #expect(throws: ImagePullError.self) {
      try await store.pull("\(registry.host)/team/app@\(wanted)")
    }
    #expect(error?.message.contains("unexpected commit digest \(served.manifestDigest), expected \(wanted)") == true)
  }

  @Test func pullsAtTheSameTimeAreOne() async throws {
    let registry = try ScriptedRegistry { [served] request, _ in served.answer(request) }
    let name = "\(registry.host)/team/app"
    try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<8 { group.addTask { [store] in try await store.pull("\(name):v1").id } }
      for _ in 0..<2 {
        group.addTask { [store, served] in try await store.pull("\(name)@\(served.manifestDigest)").id }
      }
      for try await id in group { #expect(id == Digest(of: served.configuration).description) }
    }
    #expect(registry.requests.filter(isLayer).count == 1)
    #expect(try FileTree.names(in: store.session.path) == ["lock"])
  }

  @Test func twoProcessesPullIntoOneRoot() async throws {
    let registry = try ScriptedRegistry { [served] request, _ in served.answer(request) }
    let other = try directory.store()
    async let first = store.pull("\(registry.host)/team/app:v1")
    async let second = other.pull("\(registry.host)/team/app:v1")
    #expect(try await first == second)
    #expect(try store.list().count == 1)
    #expect(try FileTree.names(in: store.layout.layers).count == 1)
  }

  @Test func aMirrorThatLacksTheImageIsPassedOver() async throws {
    let mirror = try ScriptedRegistry { _, _ in .init(status: 404) }
    let registry = try ScriptedRegistry { [served] request, _ in served.answer(request) }
    let mirrored = try ImageStore(
      root: "\(directory.path)/mirrored",
      registries: try RegistriesConfiguration(
        yaml: "mirrors: {'\(registry.host)': {endpoint: ['http://\(mirror.host)'], rewrite: {'^team/': 'copy/'}}}"))
    let image = try await mirrored.pull("\(registry.host)/team/app:v1")
    #expect(image.names == ["\(registry.host)/team/app:v1"])
    #expect(mirror.requests.map(\.path) == ["/v2/copy/app/manifests/v1?ns=\(registry.host)"])
  }

  @Test func aCancelledPullStopsAndLeavesNothing() async throws {
    let (asked, ask) = AsyncStream<Void>.makeStream()
    let registry = try ScriptedRegistry { [served] request, _ in
      guard request.path.hasSuffix(served.layerDigest.description) else { return served.answer(request) }
      ask.yield()
      return .init(status: 503)
    }
    let pull = Task { [store] in try await store.pull("\(registry.host)/team/app:v1") }
    for await _ in asked { break }
    pull.cancel()
    await #expect(throws: CancellationError.self) { try await pull.value }
    #expect(try FileTree.names(in: store.session.path) == ["lock"])
  }
}
