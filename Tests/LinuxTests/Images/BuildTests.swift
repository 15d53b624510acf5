import Glibc
import LinuxSystem
import Testing

@testable import ImageStore

@Suite(.enabled(if: isRoot, needsRoot)) struct BuildTests {
  let directory: TemporaryDirectory
  let store: ImageStore

  init() throws {
    directory = try TemporaryDirectory()
    store = try directory.store()
  }

  func build(_ recipe: String, name: String = "built") async throws -> Image {
    try directory.write(recipe, to: "context/Containerfile")
    return try await store.build(
      ImageBuildRequest(
        contextDirectory: "\(directory.path)/context", names: [name],
        packageCacheDirectory: "\(directory.path)/packages"))
  }

  @Test func copiesKeepToTheRules() async throws {
    try directory.write("1", to: "context/tree/a")
    try directory.write("2", to: "context/tree/sub/b")
    try directory.write("3", to: "context/c")
    chmod("\(directory.path)/context/tree/a", 0o700)
    symlink("sub/b", "\(directory.path)/context/tree/link")
    let image = try await build(
      """
      FROM scratch
      COPY tree /in/tree
      COPY --chown=3:4 --chmod=0600 c tree/a /many/
      COPY c /one
      WORKDIR /work
      COPY c d
      COPY c ./
      """)
    let root = image.layerDirectories[0]
    #expect(try text("\(root)/in/tree/sub/b") == "2")
    #expect(linkStatus("\(root)/in/tree/a")?.st_mode == S_IFREG | 0o755)
    #expect(linkStatus("\(root)/in/tree/link")?.st_mode == S_IFLNK | 0o777)
    let copied = try #require(linkStatus("\(root)/many/c"))
    #expect(copied.st_mode == S_IFREG | 0o600)
    #expect([copied.st_uid, copied.st_gid] == [3, 4])
    #expect(try FileTree.names(in: "\(root)/many") == ["a", "c"])
    #expect(try text("\(root)/one") == "3")
    #expect(try FileTree.names(in: "\(root)/work") == ["c", "d"])
    #expect(linkStatus("\(root)/one")?.st_mtim.tv_sec == 0)
  }

  @Test func theSameInputGivesTheSameImage() async throws {
    try directory.write("1", to: "context/a")
    let first = try await build("FROM scratch\nCOPY a /x/a\n")
    chmod("\(directory.path)/context/a", 0o640)
    utimes("\(directory.path)/context/a", [timeval(tv_sec: 5, tv_usec: 0), timeval(tv_sec: 5, tv_usec: 0)])
    let other = try directory.store("other")
    let second = try await other.build(ImageBuildRequest(contextDirectory: "\(directory.path)/context", names: ["b"]))
    #expect(first.id == second.id)
    try directory.write("2", to: "context/a")
    #expect(try await build("FROM scratch\nCOPY a /x/a\n").id != first.id)
  }

  @Test(arguments: [
    ("COPY missing /x", "COPY missing: not found in the build context"),
    ("COPY ../secret /x", "COPY ../secret: forbidden path outside the build context"),
  ])
  func sourcesStayInTheContext(_ line: String, _ message: String) async throws {
    try directory.write("s", to: "secret")
    let path = "\(directory.path)/context/Containerfile"
    await #expect(throws: RecipeError(file: path, line: 2, message: message)) {
      try await build("FROM scratch\n\(line)\n")
    }
  }

  @Test func linksDoNotLeadOutOfContextOrTree() async throws {
    try directory.write("s", to: "secret")
    try directory.write("x", to: "context/file")
    symlink("../secret", "\(directory.path)/context/leak")
    symlink(directory.path, "\(directory.path)/context/out")
    await #expect(throws: RecipeError.self) { try await build("FROM scratch\nCOPY leak /x\n") }
    let image = try await build("FROM scratch\nCOPY . /all/\nCOPY file /all/out/escaped\n")
    #expect(!FileTree.exists("\(directory.path)/escaped"))
    #expect(try text("\(image.layerDirectories[0])/\(directory.path)/escaped") == "x")
  }

  @Test func aBaseMustBeHere() async throws {
    let error = await #expect(throws: RecipeError.self) { try await build("FROM nowhere\n") }
    #expect(error?.message == "FROM nowhere: no such image in the store; import, pull or build it first")
  }

  @Test(.enabled(if: isInstalled("busybox"), "install busybox-static"))
  func aLayerOverABaseHoldsTheChangesOnly() async throws {
    try await run("install", "-D", "/bin/busybox", "\(directory.path)/context/busybox", log: directory)
    try directory.write("old", to: "context/old")
    let base = try await build(
      "FROM scratch\nCOPY busybox /bin/busybox\nCOPY --chmod=1777 old /etc/old\nCMD [\"sh\"]\n", name: "base")
    let image = try await build(
      """
      FROM base
      ENV GREETING="hello there"
      RUN ["/bin/busybox", "sh", "-c", "echo $GREETING > /etc/new; /bin/busybox rm /etc/old"]
      """)
    #expect(image.layerDirectories.count == 2)
    #expect(image.layerDirectories[1] == base.layerDirectories[0])
    #expect(image.config.command == ["sh"])
    #expect(try FileTree.names(in: image.layerDirectories[0]) == ["etc"])
    #expect(try text("\(image.layerDirectories[0])/etc/new") == "hello there\n")
    #expect(linkStatus("\(image.layerDirectories[0])/etc/old")?.st_mode == S_IFCHR)
    let file = "\(directory.path)/exported.tar"
    #expect(try await store.export("built", to: file) == image.id)
    let other = try await directory.store("other").importArchive(path: file)
    #expect(other.map(\.id) == [image.id])
    #expect(linkStatus("\(other[0].layerDirectories[0])/etc/old")?.st_mode == S_IFCHR)
  }

  @Test(.enabled(if: isInstalled("busybox"), "install busybox-static"))
  func aCommandThatFailsSaysHow() async throws {
    try await run("install", "-D", "/bin/busybox", "\(directory.path)/context/busybox", log: directory)
    let error = await #expect(throws: RecipeError.self) {
      try await build("FROM scratch\nCOPY busybox /bin/sh\nRUN echo no luck; exit 7\n")
    }
    #expect(error?.line == 3)
    #expect(error?.message == "unshare: exit status 7: no luck")
    #expect(try FileTree.names(in: store.session.path) == ["lock"])
  }

  @Test(.enabled(if: FileTree.exists("/var/lib/apt/lists/lock"), "run apt-get update"))
  func packagesComeWithWhatTheyNeedAndNoManuals() async throws {
    let image = try await build("FROM scratch\nPACKAGE busybox-static\n")
    let root = image.layerDirectories[0]
    #expect(linkStatus("\(root)/bin/busybox")?.st_mode == S_IFREG | 0o755)
    #expect(!FileTree.exists("\(root)/usr/share/man"))
    #expect(!FileTree.exists("\(root)/usr/share/doc"))
    let error = await #expect(throws: RecipeError.self) { try await build("FROM scratch\nPACKAGE no-such-package\n") }
    #expect(error?.message.contains("Unable to locate package no-such-package") == true)
  }
}
