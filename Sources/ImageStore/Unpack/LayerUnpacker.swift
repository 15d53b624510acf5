import CArchive
import Crypto
import Glibc
import LinuxSystem

/// A layer, unpacked into a directory that nothing refers to yet.
struct UnpackedLayer: Sendable {
  let diffID: Digest
  /// Digest of the blob as it came, compressed or not.
  let blobDigest: Digest
  let blobBytes: Int
  let path: String
  /// Directories that the layer has entries in but does not describe; relative paths.
  let implicitDirectories: [String]
  /// Since the epoch.
  var unpackedAtSeconds = time(nil)
}

/// What is known of a blob before it is read.
struct BlobExpectation: Sendable {
  /// For messages: the blob's digest or file name.
  var name: String
  var digest: Digest?
  var sizeBytes: Int?
  var diffID: Digest?
}

/// Inflates, digests and unpacks one layer in one pass, on a thread that stands in the layer's directory.
struct LayerUnpacker {
  var limits = UnpackLimits()

  /// - Throws: `LayerError`, `ArchiveError`, `SystemCallError`, or what the source throws.
  func unpack(_ blob: any ByteSource, _ expected: BlobExpectation, path: String) throws -> UnpackedLayer {
    let blobLimit = expected.sizeBytes ?? limits.maximumBytes
    let compressed = DigestingSource(blob, limitBytes: blobLimit, name: expected.name)
    let inflater = try ArchiveReader(compressed, format: .stream, name: expected.name)
    _ = try inflater.nextEntry()
    let plain = DigestingSource(
      EntrySource(inflater), limitBytes: limits.maximumBytes, name: "uncompressed \(expected.name)")
    let implicit = try writeEntries(of: try ArchiveReader(plain, format: .tar, name: expected.name))
    try plain.drain()
    try compressed.drain()
    try verify(compressed, plain, expected)
    return UnpackedLayer(
      diffID: plain.digest, blobDigest: compressed.digest, blobBytes: compressed.byteCount, path: path,
      implicitDirectories: implicit)
  }

  private func verify(
    _ compressed: DigestingSource, _ plain: DigestingSource, _ expected: BlobExpectation
  ) throws(LayerError) {
    if let size = expected.sizeBytes, size != compressed.byteCount {
      throw .wrongSize(name: expected.name, expected: size, actual: compressed.byteCount)
    }
    if let digest = expected.digest, digest != compressed.digest {
      throw .wrongDigest(expected: digest, actual: compressed.digest)
    }
    if let diffID = expected.diffID, diffID != plain.digest {
      throw .wrongDiffID(expected: diffID, actual: plain.digest)
    }
  }

  /// - Returns: the directories that only the names of entries imply.
  private func writeEntries(of tar: ArchiveReader) throws -> [String] {
    let disk = try LayerWriter(name: tar.name)
    var parents = ParentDirectories()
    var count = 0
    while let entry = try tar.nextEntry() {
      count += 1
      if count > limits.maximumEntries { throw LayerError.tooManyEntries(name: tar.name, limit: limits.maximumEntries) }
      guard let path = try disk.write(entry, dataFrom: tar) else { continue }
      parents.record(path, isDirectory: archive_entry_filetype(entry) == Glibc.S_IFDIR)
    }
    try disk.finish()
    return parents.implicit.sorted()
  }
}

/// Which directories a layer describes, and which it only implies.
struct ParentDirectories {
  private var described: Set<String> = []
  private(set) var implicit: Set<String> = []

  mutating func record(_ path: String, isDirectory: Bool) {
    if isDirectory {
      described.insert(path)
      implicit.remove(path)
    }
    var directory = LayerEntry.split(path).directory
    while directory != ".", !described.contains(directory), implicit.insert(directory).inserted {
      directory = LayerEntry.split(directory).directory
    }
  }
}
