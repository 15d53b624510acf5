import CArchive
import Crypto
import Glibc
import LinuxSystem

/// A tar stream (pax where names or sizes need it) into a digest and, if wanted, a file.
final class TarWriter {
  private let archive: OpaquePointer
  private let name: String
  private let output: Descriptor?
  private var hasher = SHA256()
  private var byteCount = 0
  private var outputError: (any Error)?

  init(output: Descriptor?, name: String) throws {
    guard let archive = archive_write_new() else { throw ArchiveError(subject: name, message: "out of memory") }
    self.archive = archive
    self.name = name
    self.output = output
    archive_write_set_format_pax_restricted(archive)
    // Whole blocks at the end would be padding; a tar's own end is enough.
    archive_write_set_bytes_in_last_block(archive, 1)
    let context = Unmanaged.passUnretained(self).toOpaque()
    let result = archive_write_open(
      archive, context, nil,
      { _, context, bytes, count in
        guard let context, let bytes else { return -1 }
        let writer = Unmanaged<TarWriter>.fromOpaque(context).takeUnretainedValue()
        return writer.take(UnsafeRawBufferPointer(start: bytes, count: count))
      }, nil)
    try check(result)
  }

  deinit { archive_write_free(archive) }

  private func take(_ bytes: UnsafeRawBufferPointer) -> Int {
    hasher.update(bufferPointer: bytes)
    byteCount += bytes.count
    do {
      try output?.writeAll(Array(bytes))
      return bytes.count
    } catch {
      outputError = error
      return -1
    }
  }

  func finish() throws -> TreeArchiver.Result {
    try check(archive_write_close(archive))
    return TreeArchiver.Result(digest: Digest(hasher), byteCount: byteCount)
  }

  /// An empty file that means something by its name.
  func addMarker(_ path: String) throws {
    var attributes = stat()
    attributes.st_mode = S_IFREG | 0o600
    try addEntry(path, attributes)
  }

  func addFile(_ path: String, bytes: [UInt8]) throws {
    var attributes = stat()
    attributes.st_mode = S_IFREG | 0o644
    attributes.st_size = off_t(bytes.count)
    try withEntry(path, attributes) { entry in
      try check(archive_write_header(archive, entry))
      try bytes.withUnsafeBytes(write)
    }
  }

  func addFile(_ path: String, contentsOf file: String) throws {
    let source = try Descriptor.open(file, O_RDONLY)
    var attributes = stat()
    attributes.st_mode = S_IFREG | 0o644
    attributes.st_size = try source.status().st_size
    try addEntry(path, attributes, source: source)
  }

  /// - Parameters:
  ///   - attributes: type, mode, owner, size and modification time count.
  ///   - source: the open file or directory, for its content and extended attributes.
  func addEntry(
    _ path: String, _ attributes: stat, symbolicLink: String? = nil, hardLink: String? = nil, source: Descriptor? = nil
  ) throws {
    try withEntry(path, attributes) { entry in
      if let symbolicLink { archive_entry_copy_symlink(entry, symbolicLink) }
      if let hardLink {
        archive_entry_copy_hardlink(entry, hardLink)
        archive_entry_set_size(entry, 0)
      }
      if let source { addExtendedAttributes(of: source, to: entry) }
      try check(archive_write_header(archive, entry))
      if hardLink == nil, attributes.st_mode & S_IFMT == S_IFREG, let source { try copy(source) }
    }
  }

  private func withEntry(_ path: String, _ attributes: stat, _ body: (OpaquePointer) throws -> Void) throws {
    guard let entry = archive_entry_new() else { throw ArchiveError(subject: name, message: "out of memory") }
    defer { archive_entry_free(entry) }
    archive_entry_copy_pathname(entry, path)
    archive_entry_set_mode(entry, attributes.st_mode)
    archive_entry_set_uid(entry, la_int64_t(attributes.st_uid))
    archive_entry_set_gid(entry, la_int64_t(attributes.st_gid))
    archive_entry_set_mtime(entry, attributes.st_mtim.tv_sec, 0)
    let isRegular = attributes.st_mode & S_IFMT == S_IFREG
    archive_entry_set_size(entry, isRegular ? la_int64_t(attributes.st_size) : 0)
    if attributes.st_mode & S_IFMT == S_IFCHR || attributes.st_mode & S_IFMT == S_IFBLK {
      archive_entry_set_rdev(entry, attributes.st_rdev)
    }
    try body(entry)
  }

  private func addExtendedAttributes(of source: Descriptor, to entry: OpaquePointer) {
    var names = [CChar](repeating: 0, count: 64 << 10)
    let count = listxattr(source.procPath, &names, names.count)
    let all = names.prefix(max(0, count)).split(separator: 0).map { part in
      String(decoding: part.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    for name in all.filter(isKeptAttribute).sorted() {
      var value = [UInt8](repeating: 0, count: 64 << 10)
      let size = getxattr(source.procPath, name, &value, value.count)
      if size >= 0 { archive_entry_xattr_add_entry(entry, name, value, size) }
    }
  }

  private func copy(_ source: Descriptor) throws {
    let reader = FileSource(source)
    while let bytes = try reader.next() { try write(bytes) }
  }

  private func write(_ bytes: UnsafeRawBufferPointer) throws {
    let written = archive_write_data(archive, bytes.baseAddress, bytes.count)
    if written < 0 { try check(Int32(truncatingIfNeeded: written)) }
  }

  private func check(_ result: Int32) throws {
    if let outputError { throw outputError }
    if result < ARCHIVE_OK { throw ArchiveError(name, archive) }
  }
}
