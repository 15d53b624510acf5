import CArchive
import Crypto
import Glibc
import LinuxSystem

/// Writes a layer directory as a tar stream that depends on the directory's content alone: entries in the order of
/// their names, no access times, no names of users. Overlay whiteouts become the image format's.
struct TreeArchiver {
  /// Times later than this many seconds since the epoch are cut to it; nil keeps them.
  var latestTime: Int?

  struct Result: Sendable {
    var digest: Digest
    var byteCount: Int
  }

  private struct FileKey: Hashable {
    var device: UInt
    var inode: UInt
  }

  /// - Parameter output: takes the stream; without it the digest alone is computed.
  func archive(_ root: String, to output: Descriptor?) throws -> Result {
    let writer = try TarWriter(output: output, name: root)
    var links: [FileKey: String] = [:]
    try add(try Descriptor.open(root, O_RDONLY | O_DIRECTORY), prefix: "", to: writer, &links)
    return try writer.finish()
  }

  private func add(
    _ directory: Descriptor, prefix: String, to writer: TarWriter, _ links: inout [FileKey: String]
  ) throws {
    if getxattr(directory.procPath, "trusted.overlay.opaque", nil, 0) == 1 {
      try writer.addMarker("\(prefix)\(LayerEntry.opaqueMarker)")
    }
    for name in try FileTree.names(in: directory.procPath) {
      var status = stat()
      try systemCall("fstatat", path: prefix + name) { fstatat(directory.raw, name, &status, AT_SYMLINK_NOFOLLOW) }
      try addEntry(name, status, in: directory, prefix: prefix, to: writer, &links)
    }
  }

  private func addEntry(
    _ name: String, _ status: stat, in directory: Descriptor, prefix: String, to writer: TarWriter,
    _ links: inout [FileKey: String]
  ) throws {
    let path = prefix + name
    switch status.st_mode & S_IFMT {
    case S_IFCHR where status.st_rdev == 0: try writer.addMarker("\(prefix)\(LayerEntry.whiteoutPrefix)\(name)")
    case S_IFDIR:
      let inner = try Descriptor.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: directory)
      try writer.addEntry("\(path)/", attributes(status), source: inner)
      try add(inner, prefix: "\(path)/", to: writer, &links)
    case S_IFLNK:
      try writer.addEntry(path, attributes(status), symbolicLink: try readLink(name, in: directory))
    case S_IFREG:
      let key = FileKey(device: UInt(status.st_dev), inode: UInt(status.st_ino))
      let file = try Descriptor.open(name, O_RDONLY | O_NOFOLLOW, at: directory)
      try writer.addEntry(path, attributes(status), hardLink: links[key], source: file)
      if status.st_nlink > 1, links[key] == nil { links[key] = path }
    case S_IFSOCK: break  // A socket nobody listens on; tar has no entry for it.
    default: try writer.addEntry(path, attributes(status))
    }
  }

  private func attributes(_ status: stat) -> stat {
    var result = status
    if let latestTime { result.st_mtim.tv_sec = min(result.st_mtim.tv_sec, latestTime) }
    return result
  }

  private func readLink(_ name: String, in directory: Descriptor) throws -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    let count = try systemCall("readlinkat", path: name) { readlinkat(directory.raw, name, &buffer, Int(PATH_MAX)) }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
