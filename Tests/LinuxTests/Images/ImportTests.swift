import Glibc
import LinuxSystem
import Testing

@testable import ImageStore

@Suite(.enabled(if: isRoot, needsRoot)) struct ImportTests {
  let directory: TemporaryDirectory
  let store: ImageStore

  init() throws {
    directory = try TemporaryDirectory()
    store = try directory.store()
  }

  /// An exported image's file and id.
  func exported() async throws -> (file: String, image: Image) {
    let image = try await directory.smallImage(store, name: "app:v1")
    let file = "\(directory.path)/app.tar"
    #expect(try await store.export("app:v1", to: file) == image.id)
    return (file, image)
  }

  @Test(arguments: ["cat", "gzip", "zstd"])
  func whatWasExportedComesBack(_ packer: String) async throws {
    let (file, image) = try await exported()
    try await run("sh", "-c", "\(packer) < \(file) > \(file).packed", log: directory)
    let other = try directory.store("other")
    let images = try await other.importArchive(path: "\(file).packed")
    #expect(images.map(\.id) == [image.id])
    #expect(images[0].names == ["docker.io/library/app:v1"])
    #expect(images[0].config == image.config)
    #expect(try text("\(images[0].layerDirectories[0])/data/file") == "hello")
    #expect(try FileTree.names(in: other.session.path) == ["lock"])
    #expect(try await other.importArchive(path: file) == images)
  }

  @Test(
    .enabled(if: isInstalled("skopeo"), "install skopeo"),
    arguments: [
      "docker-archive:%.tar:app:v1", "oci-archive:%.tar:docker.io/library/app:v1", "oci:%:docker.io/library/app:v1",
    ])
  func whatSkopeoWritesIsRead(_ form: String) async throws {
    let (file, image) = try await exported()
    let target = form.replacing("%", with: "\(directory.path)/copy")
    try await run("skopeo", "copy", "--insecure-policy", "docker-archive:\(file)", target, log: directory)
    let other = try directory.store("other")
    let path = form.contains(".tar") ? "\(directory.path)/copy.tar" : "\(directory.path)/copy"
    let images = try await other.importArchive(path: path)
    #expect(images.map(\.names) == [["docker.io/library/app:v1"]])
    #expect(images[0].config == image.config)
    #expect(try text("\(images[0].layerDirectories[0])/data/file") == "hello")
  }

  @Test(.enabled(if: isInstalled("skopeo"), "install skopeo"))
  func aTagAloneNeedsARepository() async throws {
    let (file, _) = try await exported()
    let target = "\(directory.path)/layout"
    try await run("skopeo", "copy", "--insecure-policy", "docker-archive:\(file)", "oci:\(target):v7", log: directory)
    let other = try directory.store("other")
    #expect(try await other.importArchive(path: target).map(\.names) == [[]])
    #expect(try await other.importArchive(path: target, name: "named").map(\.names) == [["docker.io/library/named:v7"]])
  }

  @Test func brokenArchivesSayWhatIsMissing() async throws {
    let tar = "\(directory.path)/broken.tar"
    try writeLayer([LayerFile(path: "readme", content: "x")], to: tar)
    await #expect(throws: ImageStoreError.notAnImageArchive(tar)) { try await store.importArchive(path: tar) }
    let manifest = #"[{"Config": "c.json", "RepoTags": ["a:1"], "Layers": ["layer.tar"]}]"#
    try writeLayer([LayerFile(path: "manifest.json", content: manifest)], to: tar)
    await #expect(throws: ImageStoreError.missingBlob("c.json")) { try await store.importArchive(path: tar) }
    let configuration = #"{"rootfs": {"type": "layers", "diff_ids": ["sha256:\#(Digest(of: [1]).hex)"]}}"#
    try writeLayer(
      [
        LayerFile(path: "manifest.json", content: manifest), LayerFile(path: "c.json", content: configuration),
        LayerFile(path: "layer.tar", type: S_IFLNK, mode: 0o777, symbolicLink: "/etc/passwd"),
      ], to: tar)
    await #expect(throws: ImageStoreError.missingBlob("layer.tar")) { try await store.importArchive(path: tar) }
    await #expect(throws: SystemCallError.self) { try await store.importArchive(path: "\(tar).none") }
    #expect(try store.list() == [])
  }

  @Test func aLayerThatIsNotWhatTheConfigurationSaysIsRefused() async throws {
    let tar = "\(directory.path)/wrong.tar"
    let other = Digest(of: [1])
    try writeLayer(
      [
        LayerFile(path: "manifest.json", content: #"[{"Config": "c.json", "Layers": ["layer.tar"]}]"#),
        LayerFile(path: "c.json", content: #"{"rootfs": {"type": "layers", "diff_ids": ["\#(other)"]}}"#),
        LayerFile(path: "layer.tar", content: String(repeating: "\0", count: 1024)),
      ], to: tar)
    await #expect(throws: LayerError.self) { try await store.importArchive(path: tar) }
    #expect(try store.list() == [])
    #expect(try FileTree.names(in: store.layout.layers) == [])
  }

  @Test func linkedLayersOfOldArchivesAreFound() async throws {
    let layer = "\(directory.path)/layer.tar"
    try writeLayer([LayerFile(path: "file", content: "x")], to: layer)
    let content = try text(layer)
    let diffID = Digest(of: try FileSystem.read(layer))
    let tar = "\(directory.path)/old.tar"
    try writeLayer(
      [
        LayerFile(path: "abc/layer.tar", content: content),
        LayerFile(path: "def/layer.tar", type: S_IFLNK, mode: 0o777, symbolicLink: "../abc/layer.tar"),
        LayerFile(
          path: "c.json", content: #"{"rootfs": {"type": "layers", "diff_ids": ["\#(diffID)", "\#(diffID)"]}}"#),
        LayerFile(
          path: "manifest.json",
          content: #"[{"Config": "c.json", "RepoTags": null, "Layers": ["abc/layer.tar", "def/layer.tar"]}]"#),
      ], to: tar)
    let image = try #require(try await store.importArchive(path: tar).first)
    #expect(image.layerDirectories.count == 2)
    #expect(try text("\(image.layerDirectories[0])/file") == "x")
  }
}
