import CArchive
import Glibc
import LinuxSystem

/// The files of an image archive, read by their name in it.
protocol ImageSource: Sendable {
  func contains(_ name: String) -> Bool
  func sizeBytes(_ name: String) throws -> Int
  func open(_ name: String) throws -> any ByteSource
}

extension ImageSource {
  /// A whole document.
  func read(_ name: String, limitBytes: Int = 8 << 20) throws -> [UInt8] {
    let source = try open(name)
    var result: [UInt8] = []
    while let bytes = try source.next() {
      result += bytes
      if result.count > limitBytes { throw LayerError.tooLarge(name: name, limitBytes: limitBytes) }
    }
    return result
  }

  /// A document named by its digest, checked.
  func readBlob(_ digest: Digest) throws -> [UInt8] {
    let bytes = try read(Self.blobName(digest))
    let actual = Digest(of: bytes)
    if actual != digest { throw LayerError.wrongDigest(expected: digest, actual: actual) }
    return bytes
  }

  static func blobName(_ digest: Digest) -> String { "blobs/sha256/\(digest.hex)" }
}

/// An unpacked OCI layout.
struct DirectoryImageSource: ImageSource {
  let path: String

  func contains(_ name: String) -> Bool { FileTree.exists("\(path)/\(name)") }

  func sizeBytes(_ name: String) throws -> Int { Int(try file(name).status().st_size) }

  func open(_ name: String) throws -> any ByteSource { FileSource(try file(name)) }

  private func file(_ name: String) throws -> Descriptor {
    do {
      return try Descriptor.open("\(path)/\(try LayerEntry.relativePath(name))", O_RDONLY)
    } catch let error as SystemCallError where error.errno == ENOENT {
      throw ImageStoreError.missingBlob(name)
    }
  }
}

/// A plain tar file. Its headers are read once; what lies between them is passed over by seeking.
struct TarImageSource: ImageSource {
  private enum Entry {
    case file(sizeBytes: Int)
    case link(to: String)
  }

  static let maximumEntries = 100_000
  static let maximumLinks = 8

  let path: String
  private let file: Descriptor
  private var entries: [String: Entry] = [:]

  init(path: String) throws {
    self.path = path
    file = try Descriptor.open(path, O_RDONLY)
    let reader = try ArchiveReader(FileSource(file), format: .tar, name: path)
    while let entry = try reader.nextEntry() {
      guard let name = Self.name(of: entry) else { continue }
      entries[name] = Self.describe(entry, name)
      if entries.count > Self.maximumEntries {
        throw LayerError.tooManyEntries(name: path, limit: Self.maximumEntries)
      }
    }
  }

  private static func name(of entry: OpaquePointer) -> String? {
    archive_entry_pathname(entry).flatMap { try? LayerEntry.relativePath(String(cString: $0)) }
  }

  /// Old docker archives link equal layers with each other.
  private static func describe(_ entry: OpaquePointer, _ name: String) -> Entry? {
    if let target = archive_entry_hardlink(entry) {
      return (try? LayerEntry.relativePath(String(cString: target))).map(Entry.link)
    }
    if let target = archive_entry_symlink(entry) {
      return .link(to: resolve(String(cString: target), from: LayerEntry.split(name).directory))
    }
    return archive_entry_filetype(entry) == S_IFREG ? .file(sizeBytes: Int(archive_entry_size(entry))) : nil
  }

  /// Names of an archive are resolved on paper; a link out of the archive finds nothing.
  static func resolve(_ target: String, from directory: String) -> String {
    var parts = target.hasPrefix("/") || directory == "." ? [] : directory.split(separator: "/")
    for part in target.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return parts.joined(separator: "/")
  }

  private func regularFile(_ name: String) throws -> (name: String, sizeBytes: Int) {
    var current = try LayerEntry.relativePath(name)
    for _ in 0..<Self.maximumLinks {
      switch entries[current] {
      case .file(let size): return (current, size)
      case .link(let target): current = target
      case nil: throw ImageStoreError.missingBlob(name)
      }
    }
    throw ImageStoreError.missingBlob(name)
  }

  func contains(_ name: String) -> Bool { (try? regularFile(name)) != nil }

  func sizeBytes(_ name: String) throws -> Int { try regularFile(name).sizeBytes }

  func open(_ name: String) throws -> any ByteSource {
    let wanted = try regularFile(name).name
    let reader = try ArchiveReader(FileSource(file), format: .tar, name: path)
    while let entry = try reader.nextEntry() {
      if Self.name(of: entry) == wanted { return EntrySource(reader) }
    }
    throw ImageStoreError.missingBlob(name)
  }
}
