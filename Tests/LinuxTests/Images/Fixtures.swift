import Glibc
import LinuxSystem
import Testing

@testable import ImageStore

/// Layers keep owners, device nodes and trusted attributes.
let isRoot = geteuid() == 0
let needsRoot: Comment = "unpacking layers needs root: owners, whiteout devices and trusted attributes"

/// A directory that goes with the test.
final class TemporaryDirectory: Sendable {
  let path: String

  init() throws {
    path = "/tmp/image-store-test-\(getpid())-\(UInt32.random(in: .min ... .max))"
    try FileTree.makeDirectories(path)
  }

  deinit { try? FileTree.remove(path) }

  /// A file below the directory, with its parents.
  @discardableResult
  func write(_ text: String, to name: String) throws -> String {
    let file = "\(path)/\(name)"
    try FileTree.makeDirectories(LayerEntry.split(file).directory)
    try FileSystem.write(Array(text.utf8), to: file)
    return file
  }

  func store(_ name: String = "store", limits: UnpackLimits = UnpackLimits()) throws -> ImageStore {
    try ImageStore(root: "\(path)/\(name)", limits: limits)
  }

  /// An image of a few small files, built from a recipe.
  func smallImage(_ store: ImageStore, name: String = "small", content: String = "hello") async throws -> Image {
    let context = "context-\(UInt32.random(in: .min ... .max))"
    try write(content, to: "\(context)/file")
    try write(
      "FROM scratch\nCOPY file /data/file\nENV A=b\nENTRYPOINT [\"/data/file\"]\nEXPOSE 80\n",
      to: "\(context)/Containerfile")
    return try await store.build(ImageBuildRequest(contextDirectory: "\(path)/\(context)", names: [name]))
  }
}

/// One entry of a layer that a test makes.
struct LayerFile {
  var path: String
  var type: mode_t = S_IFREG
  var mode: mode_t = 0o644
  var owner: uid_t = 0
  var content = ""
  var symbolicLink: String?
  var hardLink: String?
  var device: dev_t = 0
}

/// A tar of exactly these entries, in this order.
func writeLayer(_ files: [LayerFile], to path: String) throws {
  try ConfinedThread.withUTF8Locale { try writeEntries(files, to: path) }
}

private func writeEntries(_ files: [LayerFile], to path: String) throws {
  let writer = try TarWriter(output: try Descriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644), name: path)
  for file in files {
    if file.type == S_IFREG, file.hardLink == nil, file.mode == 0o644, file.owner == 0 {
      try writer.addFile(file.path, bytes: Array(file.content.utf8))
      continue
    }
    var attributes = stat()
    attributes.st_mode = file.type | file.mode
    attributes.st_uid = file.owner
    attributes.st_rdev = file.device
    try writer.addEntry(file.path, attributes, symbolicLink: file.symbolicLink, hardLink: file.hardLink)
  }
  _ = try writer.finish()
}

/// Unpacks a tar file as a layer of a store and gives its directory.
func unpack(
  _ tar: String, in store: ImageStore, sizeBytes: Int? = nil, digest: Digest? = nil, diffID: Digest? = nil
) async throws -> UnpackedLayer {
  let expected = BlobExpectation(name: "layer", digest: digest, sizeBytes: sizeBytes, diffID: diffID)
  return try await store.unpack(expected) { FileSource(try Descriptor.open(tar, O_RDONLY)) }
}

func linkStatus(_ path: String) -> stat? {
  var status = stat()
  return lstat(path, &status) == 0 ? status : nil
}

func text(_ path: String) throws -> String { String(decoding: try FileSystem.read(path), as: UTF8.self) }

/// Runs a program of the machine; its failure is the test's.
func run(_ arguments: String..., log: TemporaryDirectory) async throws {
  let executable = try #require(
    ["/usr/bin", "/bin", "/usr/sbin"].map { "\($0)/\(arguments[0])" }.first(where: FileTree.exists))
  let command = Command(executable: executable, arguments: Array(arguments.dropFirst()))
  let file = "\(log.path)/\(arguments[0])-\(UInt32.random(in: .min ... .max)).log"
  _ = try await BlockingThread.run { try command.run(log: file) }
}

func isInstalled(_ program: String) -> Bool {
  ["/usr/bin", "/bin", "/usr/sbin"].contains { FileTree.exists("\($0)/\(program)") }
}
