import CArchive
import Glibc
import LinuxSystem

/// Writes a layer's entries below the thread's working directory, through libarchive's secure flags: no absolute name,
/// no `..`, and no symbolic link followed on the way.
final class LayerWriter {
  private let disk: OpaquePointer
  private let name: String
  /// Marked at the end: a directory's own entry may come after its marker.
  private var opaqueDirectories: Set<String> = []
  private var whiteouts: Set<String> = []

  init(name: String) throws {
    guard let disk = archive_write_disk_new() else { throw ArchiveError(subject: name, message: "out of memory") }
    self.disk = disk
    self.name = name
    archive_write_disk_set_options(
      disk,
      ARCHIVE_EXTRACT_OWNER | ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_XATTR
        | ARCHIVE_EXTRACT_SECURE_SYMLINKS | ARCHIVE_EXTRACT_SECURE_NODOTDOT
        | LayerWriter.secureNoAbsolutePaths)
  }

  deinit { archive_write_free(disk) }

  private static let secureNoAbsolutePaths: Int32 = 0x10000

  /// - Returns: the path that was written, nil when the entry leaves no file.
  func write(_ entry: OpaquePointer, dataFrom tar: ArchiveReader) throws -> String? {
    guard let pathname = archive_entry_pathname(entry) else {
      throw ArchiveError(subject: name, message: "an entry has no readable name")
    }
    let hardLink = archive_entry_hardlink(entry).map { String(cString: $0) }
    switch try LayerEntry.decide(name: String(cString: pathname), type: Self.type(of: entry), hardLink: hardLink) {
    case .leaveOut: return nil
    case .opaque(let directory):
      opaqueDirectories.insert(directory)
      return directory == "." ? nil : "\(directory)/\(LayerEntry.opaqueMarker)"
    case .whiteout(let path):
      try writeWhiteout(path)
      return path
    case .create(let path):
      try create(path, entry, hardLink, tar)
      return path
    }
  }

  private static func type(of entry: OpaquePointer) -> LayerEntry.FileType {
    switch archive_entry_filetype(entry) {
    case S_IFREG: .regular
    case S_IFDIR: .directory
    case S_IFLNK: .symbolicLink
    case S_IFIFO: .fifo
    case S_IFCHR, S_IFBLK: .device
    default: .unknown
    }
  }

  private func create(_ path: String, _ entry: OpaquePointer, _ hardLink: String?, _ tar: ArchiveReader) throws {
    // The layer has the path after all: it replaces, and a directory does not merge with the one below.
    if whiteouts.remove(path) != nil {
      unlink(path)
      if archive_entry_filetype(entry) == S_IFDIR { opaqueDirectories.insert(path) }
    }
    archive_entry_copy_pathname(entry, path)
    if let hardLink { archive_entry_copy_hardlink(entry, try LayerEntry.relativePath(hardLink)) }
    keepSafeAttributes(entry)
    try check(archive_write_header(disk, entry), path)
    while let block = try tar.nextBlock() {
      let written = archive_write_data_block(disk, block.bytes.baseAddress, block.bytes.count, la_int64_t(block.offset))
      try check(Int32(truncatingIfNeeded: written), path)
    }
    try check(archive_write_finish_entry(disk), path)
  }

  /// An overlay whiteout is a character device 0:0. Where the same layer has the path, only what lies below is hidden.
  private func writeWhiteout(_ path: String) throws {
    var existing = stat()
    if lstat(path, &existing) == 0 {
      if existing.st_mode & S_IFMT == S_IFDIR { opaqueDirectories.insert(path) }
      return
    }
    guard let entry = archive_entry_new() else { throw ArchiveError(subject: name, message: "out of memory") }
    defer { archive_entry_free(entry) }
    archive_entry_copy_pathname(entry, path)
    archive_entry_set_filetype(entry, Glibc.S_IFCHR)
    archive_entry_set_rdev(entry, 0)
    archive_entry_set_perm(entry, 0)
    archive_entry_set_mtime(entry, 0, 0)
    try check(archive_write_header(disk, entry), path)
    try check(archive_write_finish_entry(disk), path)
    whiteouts.insert(path)
  }

  private func keepSafeAttributes(_ entry: OpaquePointer) {
    var kept: [(name: String, value: [UInt8])] = []
    var name: UnsafePointer<CChar>?
    var value: UnsafeRawPointer?
    var count = 0
    if archive_entry_xattr_reset(entry) == 0 { return }
    while archive_entry_xattr_next(entry, &name, &value, &count) == ARCHIVE_OK {
      guard let name, isKeptAttribute(String(cString: name)) else { continue }
      kept.append((String(cString: name), Array(UnsafeRawBufferPointer(start: value, count: count))))
    }
    archive_entry_xattr_clear(entry)
    for attribute in kept {
      archive_entry_xattr_add_entry(entry, attribute.name, attribute.value, attribute.value.count)
    }
  }

  /// Closes the archive, which sets the directories' modes and times, and marks the opaque ones.
  func finish() throws {
    try check(archive_write_close(disk), name)
    for directory in opaqueDirectories.sorted() {
      let opened = try openDirectory(directory)
      try systemCall("fsetxattr", path: directory) { fsetxattr(opened.raw, "trusted.overlay.opaque", "y", 1, 0) }
    }
  }

  /// Opens component by component, so that no symbolic link is followed; makes what is missing.
  private func openDirectory(_ path: String) throws -> Descriptor {
    var current = try Descriptor.open(".", O_RDONLY | O_DIRECTORY)
    if path == "." { return current }
    for component in path.split(separator: "/") {
      mkdirat(current.raw, String(component), 0o755)
      current = try Descriptor.open(String(component), O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: current)
    }
    return current
  }

  private func check(_ result: Int32, _ path: String) throws {
    if result < ARCHIVE_OK { throw ArchiveError("layer entry \(quoted(path))", disk) }
  }
}
