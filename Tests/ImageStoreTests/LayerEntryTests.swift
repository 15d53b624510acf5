import Testing

@testable import ImageStore

@Suite struct LayerEntryTests {
  typealias Case = (name: String, type: LayerEntry.FileType, link: String?, expected: LayerEntry)

  static let taken: [Case] = [
    ("etc/passwd", .regular, nil, .create(path: "etc/passwd")),
    ("./etc//passwd", .regular, nil, .create(path: "etc/passwd")),
    ("/etc/passwd", .regular, nil, .create(path: "etc/passwd")),
    ("./", .directory, nil, .create(path: ".")),
    ("link", .symbolicLink, nil, .create(path: "link")),
    ("hard", .regular, "/bin/busybox", .create(path: "hard")),
    ("run/pipe", .fifo, nil, .create(path: "run/pipe")),
    (".wh.gone", .regular, nil, .whiteout(path: "gone")),
    ("a/b/.wh.gone", .regular, nil, .whiteout(path: "a/b/gone")),
    ("a/.wh..wh..opq", .regular, nil, .opaque(directory: "a")),
    (".wh..wh..opq", .regular, nil, .opaque(directory: ".")),
    (".wh..wh.plnk", .directory, nil, .leaveOut),
    ("dev/null", .device, nil, .leaveOut),
    ("./dev/pts/0", .device, nil, .leaveOut),
  ]

  @Test(arguments: taken)
  func takes(_ entry: Case) throws {
    #expect(try LayerEntry.decide(name: entry.name, type: entry.type, hardLink: entry.link) == entry.expected)
  }

  @Test(
    arguments: [
      ("../etc/passwd", LayerEntry.FileType.regular, nil, LayerError.unsafeName("../etc/passwd")),
      ("a/../../b", .regular, nil, .unsafeName("a/../../b")),
      ("a/../b", .regular, nil, .unsafeName("a/../b")),
      ("a/.wh...", .regular, nil, .unsafeName("a/.wh...")),
      (".wh.", .regular, nil, .unsafeName(".wh.")),
      ("hard", .regular, "../../etc/shadow", .unsafeLink("hard", target: "../../etc/shadow")),
      ("sda", .device, nil, .deviceNode("sda")),
      ("a/dev/sda", .device, nil, .deviceNode("a/dev/sda")),
      ("x", .unknown, nil, .unknownFileType("x")),
    ] as [(String, LayerEntry.FileType, String?, LayerError)])
  func refuses(_ name: String, _ type: LayerEntry.FileType, _ link: String?, _ error: LayerError) {
    #expect(throws: error) { try LayerEntry.decide(name: name, type: type, hardLink: link) }
  }

  @Test func onlyHarmlessAttributesAreKept() {
    #expect(isKeptAttribute("security.capability"))
    #expect(isKeptAttribute("user.mime_type"))
    for name in [
      "trusted.overlay.redirect", "trusted.overlay.opaque", "user.overlay.redirect", "security.selinux",
      "security.ima", "system.posix_acl_access",
    ] { #expect(!isKeptAttribute(name)) }
  }

  @Test func parentsThatOnlyNamesImplyAreNoted() {
    var parents = ParentDirectories()
    parents.record("a", isDirectory: true)
    parents.record("a/b/c/file", isDirectory: false)
    parents.record("x/y", isDirectory: true)
    #expect(parents.implicit == ["a/b", "a/b/c", "x"])
    parents.record("a/b", isDirectory: true)
    #expect(parents.implicit == ["a/b/c", "x"])
  }

  @Test func linksOfAnArchiveAreResolvedOnPaper() {
    #expect(TarImageSource.resolve("../abc/layer.tar", from: "def") == "abc/layer.tar")
    #expect(TarImageSource.resolve("layer.tar", from: "def") == "def/layer.tar")
    #expect(TarImageSource.resolve("../../../etc/passwd", from: "def") == "etc/passwd")
    #expect(TarImageSource.resolve("/blobs/x", from: "def") == "blobs/x")
  }
}
