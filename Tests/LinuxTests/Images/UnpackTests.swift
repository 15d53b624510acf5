import Glibc
import LinuxSystem
import Testing

@testable import ImageStore

@Suite(.enabled(if: isRoot, needsRoot)) struct UnpackTests {
  let directory: TemporaryDirectory
  let store: ImageStore

  init() throws {
    directory = try TemporaryDirectory()
    store = try directory.store()
  }

  func layer(_ files: [LayerFile]) async throws -> UnpackedLayer {
    let tar = "\(directory.path)/layer.tar"
    try writeLayer(files, to: tar)
    return try await unpack(tar, in: store)
  }

  @Test func filesKeepTypeModeOwnerAndLinks() async throws {
    let layer = try await layer([
      LayerFile(path: "bin/", type: S_IFDIR, mode: 0o755),
      LayerFile(path: "bin/su", mode: 0o4755, owner: 12),
      LayerFile(path: "bin/again", hardLink: "bin/su"),
      LayerFile(path: "bin/sh", type: S_IFLNK, mode: 0o777, symbolicLink: "/bin/su"),
      LayerFile(path: "locked/", type: S_IFDIR, mode: 0o1500, owner: 7),
      LayerFile(path: "locked/größe", content: "inside"),
      LayerFile(path: "pipe", type: S_IFIFO, mode: 0o600),
    ])
    let su = try #require(linkStatus("\(layer.path)/bin/su"))
    #expect(su.st_mode == S_IFREG | 0o4755)
    #expect(su.st_uid == 12)
    #expect(linkStatus("\(layer.path)/bin/again")?.st_ino == su.st_ino)
    #expect(linkStatus("\(layer.path)/bin/sh")?.st_mode == S_IFLNK | 0o777)
    #expect(linkStatus("\(layer.path)/locked")?.st_mode == S_IFDIR | 0o1500)
    #expect(linkStatus("\(layer.path)/locked")?.st_uid == 7)
    #expect(try text("\(layer.path)/locked/größe") == "inside")
    #expect(linkStatus("\(layer.path)/pipe")?.st_mode == S_IFIFO | 0o600)
    #expect(layer.implicitDirectories == [])
  }

  @Test func whiteoutsBecomeOverlays() async throws {
    let layer = try await layer([
      LayerFile(path: "etc/.wh.gone"),
      LayerFile(path: "opaque/.wh..wh..opq"),
      LayerFile(path: "opaque/new", content: "x"),
      LayerFile(path: ".wh.replaced"),
      LayerFile(path: "replaced/", type: S_IFDIR, mode: 0o755),
      LayerFile(path: ".wh.file"),
      LayerFile(path: "file", content: "new"),
      LayerFile(path: "kept/", type: S_IFDIR, mode: 0o755),
      LayerFile(path: ".wh.kept"),
    ])
    let gone = try #require(linkStatus("\(layer.path)/etc/gone"))
    #expect(gone.st_mode & S_IFMT == S_IFCHR)
    #expect(gone.st_rdev == 0)
    #expect(try text("\(layer.path)/file") == "new")
    for path in ["opaque", "replaced", "kept"] {
      #expect(isOpaque("\(layer.path)/\(path)"), "\(path)")
    }
    #expect(!isOpaque("\(layer.path)/etc"))
    #expect(layer.implicitDirectories == ["etc", "opaque"])
  }

  func isOpaque(_ path: String) -> Bool {
    // The attribute is looked at through the writer of layers, which turns it into the format's marker.
    let archive = "\(directory.path)/opaque.tar"
    guard
      let output = try? Descriptor.open(archive, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600),
      (try? TreeArchiver().archive(path, to: output)) != nil,
      let source = try? TarImageSource(path: archive)
    else { return false }
    return source.contains(LayerEntry.opaqueMarker)
  }

  @Test func overlaysShowTheMergedTree() async throws {
    let lower = try await layer([
      LayerFile(path: "a/", type: S_IFDIR, mode: 0o1777), LayerFile(path: "a/old", content: "old"),
      LayerFile(path: "b/", type: S_IFDIR, mode: 0o755), LayerFile(path: "b/hidden", content: "x"),
    ])
    let upper = try await layer([
      LayerFile(path: "a/.wh.old"), LayerFile(path: "a/new", content: "new"), LayerFile(path: "b/.wh..wh..opq"),
    ])
    let merged = "\(directory.path)/merged"
    try FileTree.makeDirectories(merged)
    let names = try await BlockingThread.run {
      try Namespaces.mount.unshare()
      try Mount.changeRoot(propagation: .private)
      let overlay = try Mount.make("overlay", options: [.init("lowerdir", "\(upper.path):\(lower.path)")])
      try Mount.attach(overlay, to: merged)
      defer { try? Mount.detach(merged) }
      return try ["a", "b"].map { try FileTree.names(in: "\(merged)/\($0)") }
    }
    #expect(names == [["new"], []])
  }

  @Test func absoluteNamesLandInside() async throws {
    let name = "image-store-test-absolute-\(getpid())"
    let layer = try await layer([LayerFile(path: "/tmp/\(name)", content: "x")])
    #expect(try text("\(layer.path)/tmp/\(name)") == "x")
    #expect(!FileTree.exists("/tmp/\(name)"))
  }

  static let hostile: [(String, [LayerFile])] = [
    ("parent", [LayerFile(path: "../escaped", content: "x")]),
    ("deep parent", [LayerFile(path: "a/../../escaped", content: "x")]),
    (
      "through an absolute link",
      [
        LayerFile(path: "out", type: S_IFLNK, mode: 0o777, symbolicLink: "/tmp"),
        LayerFile(path: "out/escaped", content: "x"),
      ]
    ),
    (
      "through a relative link",
      [
        LayerFile(path: "d/", type: S_IFDIR, mode: 0o755),
        LayerFile(path: "d/out", type: S_IFLNK, mode: 0o777, symbolicLink: "../.."),
        LayerFile(path: "d/out/escaped", content: "x"),
      ]
    ),
    ("hard link out", [LayerFile(path: "passwd", hardLink: "../../../etc/passwd")]),
    (
      "hard link through a link",
      [
        LayerFile(path: "out", type: S_IFLNK, mode: 0o777, symbolicLink: "/etc"),
        LayerFile(path: "passwd", hardLink: "out/passwd"),
      ]
    ),
    ("hard link to nothing", [LayerFile(path: "passwd", hardLink: "etc/passwd")]),
    ("disk", [LayerFile(path: "disk", type: S_IFBLK, mode: 0o666, device: 0x800)]),
    ("whiteout of the parent", [LayerFile(path: "a/.wh...")]),
    (
      "whiteout through a link",
      [
        LayerFile(path: "out", type: S_IFLNK, mode: 0o777, symbolicLink: "/tmp"), LayerFile(path: "out/.wh.escaped"),
      ]
    ),
    (
      "opaque through a link",
      [
        LayerFile(path: "out", type: S_IFLNK, mode: 0o777, symbolicLink: "/tmp"),
        LayerFile(path: "out/.wh..wh..opq"),
      ]
    ),
  ]

  @Test(arguments: hostile)
  func hostileLayersAreRefusedAndLeaveNothing(_ name: String, _ files: [LayerFile]) async throws {
    let before = linkStatus("/etc/passwd")?.st_nlink
    await #expect(throws: (any Error).self, "\(name)") { try await layer(files) }
    #expect(!FileTree.exists("/tmp/escaped"))
    #expect(!FileTree.exists("\(store.session.path)/escaped"))
    #expect(!FileTree.exists("\(directory.path)/escaped"))
    #expect(linkStatus("/etc/passwd")?.st_nlink == before)
    #expect(try FileTree.names(in: store.session.path) == ["lock"])
  }

  @Test func aLinkIsReplacedAndNotFollowed() async throws {
    let victim = try directory.write("victim", to: "victim")
    let layer = try await layer([
      LayerFile(path: "target", type: S_IFLNK, mode: 0o777, symbolicLink: victim),
      LayerFile(path: "target", content: "mine"),
    ])
    #expect(try text(victim) == "victim")
    #expect(try text("\(layer.path)/target") == "mine")
  }

  @Test func devicesBelowDevAreLeftOut() async throws {
    let layer = try await layer([LayerFile(path: "dev/sda", type: S_IFBLK, mode: 0o666, device: 0x800)])
    #expect(!FileTree.exists("\(layer.path)/dev/sda"))
  }

  @Test func layersAreBounded() async throws {
    var limits = UnpackLimits()
    limits.maximumBytes = 64 << 10
    limits.maximumEntries = 3
    let small = try directory.store("bounded", limits: limits)
    let tar = "\(directory.path)/big.tar"
    try writeLayer([LayerFile(path: "zeros", content: String(repeating: "0", count: 1 << 20))], to: tar)
    try await run("gzip", "-kf", tar, log: directory)
    await #expect(throws: LayerError.tooLarge(name: "uncompressed layer", limitBytes: 64 << 10)) {
      try await unpack("\(tar).gz", in: small)
    }
    try writeLayer((0..<4).map { LayerFile(path: "\($0)") }, to: tar)
    await #expect(throws: LayerError.tooManyEntries(name: "layer", limit: 3)) { try await unpack(tar, in: small) }
    #expect(try FileTree.names(in: small.session.path) == ["lock"])
  }

  @Test(arguments: ["gzip", "zstd", "xz", "bzip2", "cat"])
  func compressionsAreRecognised(_ program: String) async throws {
    let tar = "\(directory.path)/layer.tar"
    try writeLayer([LayerFile(path: "file", content: "content")], to: tar)
    let plain = try await unpack(tar, in: store)
    try await run("sh", "-c", "\(program) < \(tar) > \(tar).packed", log: directory)
    let packed = try await unpack("\(tar).packed", in: store)
    #expect(packed.diffID == plain.diffID)
    #expect(packed.diffID == Digest(of: try FileSystem.read(tar)))
    #expect(packed.blobDigest == Digest(of: try FileSystem.read("\(tar).packed")))
    #expect(try text("\(packed.path)/file") == "content")
  }

  @Test func digestsAndSizesAreVerified() async throws {
    let tar = "\(directory.path)/layer.tar"
    try writeLayer([LayerFile(path: "file")], to: tar)
    let bytes = try FileSystem.read(tar)
    let (actual, other) = (Digest(of: bytes), Digest(of: [1]))
    await #expect(throws: LayerError.wrongDigest(expected: other, actual: actual)) {
      try await unpack(tar, in: store, digest: other)
    }
    await #expect(throws: LayerError.wrongDiffID(expected: other, actual: actual)) {
      try await unpack(tar, in: store, digest: actual, diffID: other)
    }
    await #expect(throws: LayerError.wrongSize(name: "layer", expected: bytes.count + 1, actual: bytes.count)) {
      try await unpack(tar, in: store, sizeBytes: bytes.count + 1)
    }
    await #expect(throws: LayerError.tooLarge(name: "layer", limitBytes: 10)) {
      try await unpack(tar, in: store, sizeBytes: 10)
    }
  }

  @Test func truncatedAndForeignBlobsAreRefused() async throws {
    let tar = "\(directory.path)/layer.tar"
    try writeLayer([LayerFile(path: "file", content: String(repeating: "x", count: 4096))], to: tar)
    try await run(
      "sh", "-c", "gzip < \(tar) | head -c 60 > \(tar).cut; head -c 2000 \(tar) > \(tar).short", log: directory)
    try directory.write("this is no archive at all", to: "foreign")
    for file in ["\(tar).cut", "\(tar).short", "\(directory.path)/foreign"] {
      await #expect(throws: ArchiveError.self, "\(file)") { try await unpack(file, in: store) }
    }
  }
}
