import Glibc
import LinuxSystem
import Testing

@testable import ImageStore

@Suite(.enabled(if: isRoot, needsRoot)) struct StoreTests {
  let directory: TemporaryDirectory
  let store: ImageStore

  init() throws {
    directory = try TemporaryDirectory()
    store = try directory.store()
  }

  @Test func anImageIsFoundByEveryName() async throws {
    let image = try await directory.smallImage(store, name: "app:v1")
    #expect(image.names == ["docker.io/library/app:v1"])
    for name in ["app:v1", "docker.io/library/app:v1", image.id, String(image.id.dropFirst(7))] {
      #expect(try store.image(name) == image, "\(name)")
    }
    #expect(try store.image("app") == nil)
    #expect(try store.image("sha256:" + String(repeating: "0", count: 64)) == nil)
    #expect(throws: InvalidImageName.self) { try store.image("No/Such:x y") }
    #expect(image.config.environment.last == "A=b")
    #expect(image.config.entrypoint == ["/data/file"])
    #expect(image.config.exposedPorts == ["80/tcp"])
    #expect(try text("\(image.layerDirectories[0])/data/file") == "hello")
    #expect(try store.list() == [image])
  }

  @Test func anotherProcessSeesTheSame() async throws {
    let image = try await directory.smallImage(store)
    let other = try directory.store()
    #expect(try other.list() == [image])
    try other.tag("small", as: "more:2")
    #expect(try store.image("more:2")?.names == ["docker.io/library/more:2", "docker.io/library/small:latest"])
  }

  @Test func whatAnotherProcessChangesIsSeenAtOnce() async throws {
    let image = try await directory.smallImage(store)
    let other = try directory.store()
    #expect(try store.image("small") == image)
    let new = try await directory.smallImage(other, content: "2")
    #expect(try store.image("small") == new)
    try other.remove("small")
    #expect(try store.image("small") == nil)
    #expect(try store.image(new.id)?.names == [])
    try other.collectGarbage(keep: [])
    #expect(try store.image(new.id) == nil)
  }

  @Test func removalTakesNamesAndCollectionLayers() async throws {
    let image = try await directory.smallImage(store)
    try store.tag("small", as: "other")
    try store.remove("small")
    #expect(try store.image("small") == nil)
    #expect(try store.image("other")?.id == image.id)
    try store.remove("other")
    #expect(try store.list().map(\.names) == [[]])
    #expect(try store.collectGarbage(keep: [image.id]) == [])
    #expect(FileTree.exists(image.layerDirectories[0]))
    #expect(try store.collectGarbage(keep: []) == [image.id])
    #expect(try store.list() == [])
    #expect(try FileTree.names(in: store.layout.layers) == [])
    #expect(try FileTree.names(in: store.layout.names) == [])
    #expect(throws: ImageStoreError.notFound("small")) { try store.remove("small") }
  }

  /// A layer alone is mounted as it is, several as an overlay.
  @Test(arguments: [1, 2]) func whatIsMountedStays(layers: Int) async throws {
    let image = try await directory.smallImage(store)
    let layer = image.layerDirectories[0]
    let tree =
      try layers == 1
      ? Mount.clone(layer, recursive: false)
      : Mount.make(
        "overlay", source: "overlay", options: [Mount.Option("lowerdir", layer + ":" + store.layout.temporary)],
        attributes: [.readOnly])
    let place = store.layout.temporary + "/place"
    try FileTree.makeDirectories(place)
    try Mount.attach(tree, to: place)
    try store.remove("small")
    #expect(try store.collectGarbage(keep: []) == [image.id])
    #expect(FileTree.exists(layer))
    try Mount.detach(place)
    #expect(try store.collectGarbage(keep: []) == [])
    #expect(!FileTree.exists(layer))
  }

  @Test func collectionByLastUseSparesTheYoungAndTheKept() async throws {
    let first = try await directory.smallImage(store, name: "first", content: "1")
    let second = try await directory.smallImage(store, name: "second", content: "2")
    let third = try await directory.smallImage(store, name: "third", content: "3")
    for image in [first, third] {
      let path = store.layout.record(try Digest(image.id))
      try systemCall("utimes") { utimes(path, [timeval(tv_sec: 1000, tv_usec: 0), timeval(tv_sec: 1000, tv_usec: 0)]) }
    }
    #expect(store.lastUsed(first.id) == 1000)
    #expect(try store.collectGarbage(keep: [third.id], unusedForSeconds: 3600) == [first.id])
    #expect(try store.list().map(\.id).sorted() == [second.id, third.id].sorted())
    store.markUsed(third.id)
    #expect(try store.collectGarbage(keep: [], unusedForSeconds: 3600) == [])
    // Used in a future that was, before the clock was set back: as if used just now.
    let path = store.layout.record(try Digest(second.id))
    let future = timeval(tv_sec: time(nil) + 10_000, tv_usec: 0)
    try systemCall("utimes") { utimes(path, [future, future]) }
    #expect(try store.collectGarbage(keep: [], unusedForSeconds: 3600) == [])
    #expect(try store.collectGarbage(keep: [], unusedForSeconds: 0).sorted() == [second.id, third.id].sorted())
  }

  @Test func whatACrashLeavesIsSweptAndWhatLivesIsNot() async throws {
    let crashed = "\(store.layout.temporary)/1-crashed"
    try FileTree.makeDirectories("\(crashed)/layer-1")
    try directory.write("", to: "store/tmp/1-crashed/lock")
    try FileTree.makeDirectories("\(store.layout.temporary)/2-without-lock")
    let other = try directory.store()
    #expect(!FileTree.exists(crashed))
    #expect(try FileTree.names(in: store.layout.temporary).count == 2)
    let own = store.session.path
    #expect(FileTree.exists(own))
    withExtendedLifetime(other) {}
  }

  @Test func aLayerWithoutItsImageDoesNotCount() async throws {
    let tar = "\(directory.path)/layer.tar"
    try writeLayer([LayerFile(path: "file")], to: tar)
    let layer = try await unpack(tar, in: store)
    store.keepPending(layer)
    #expect(try FileTree.names(in: store.layout.layers) == [])
    #expect(try store.list() == [])
  }

  @Test func impliedDirectoriesLookLikeThoseBelow() async throws {
    let (lower, upper) = ("\(directory.path)/lower.tar", "\(directory.path)/upper.tar")
    try writeLayer([LayerFile(path: "tmp/", type: S_IFDIR, mode: 0o1777, owner: 5)], to: lower)
    try writeLayer([LayerFile(path: "tmp/file", content: "x")], to: upper)
    let layers = [try await unpack(lower, in: store), try await unpack(upper, in: store)]
    layers.forEach(store.keepPending)
    let configuration = ImageConfiguration(
      rootFileSystem: .init(type: "layers", diffIDs: layers.map(\.diffID.description)))
    let image = try await store.commit(
      FinishedImage(configuration: try encodeDocument(configuration), sizeBytes: 1, references: []))
    let status = try #require(linkStatus("\(image.layerDirectories[0])/tmp"))
    #expect(status.st_mode & 0o7777 == 0o1777)
    #expect(status.st_uid == 5)
    #expect(image.layerDirectories == layers.reversed().map { store.layout.layer($0.diffID) })
  }
}
