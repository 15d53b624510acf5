import CArchive

/// What libarchive says when it cannot go on.
struct ArchiveError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was being read or written.
  var subject: String
  var message: String

  var description: String { "\(subject): \(message)" }

  init(subject: String, message: String) {
    self.subject = subject
    self.message = message
  }

  init(_ subject: String, _ archive: OpaquePointer) {
    let text = archive_error_string(archive).map { String(cString: $0) } ?? "unknown error of libarchive"
    self.init(subject: subject, message: text.prefix(1).lowercased() + text.dropFirst())
  }
}

/// A tar archive, or a compressed stream, read from a source in one pass.
///
/// Compressions are recognised by their content: none, gzip, zstd, xz, bzip2. Filters that start programs are off.
final class ArchiveReader {
  enum Format { case tar, stream }

  let name: String
  private let archive: OpaquePointer
  private let source: any ByteSource
  /// An error of the source, carried through libarchive's C frames.
  private var sourceError: (any Error)?
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 128 * 1024, alignment: 16)

  init(_ source: any ByteSource, format: Format, name: String) throws {
    guard let archive = archive_read_new() else { throw ArchiveError(subject: name, message: "out of memory") }
    self.archive = archive
    self.source = source
    self.name = name
    archive_read_support_format_empty(archive)
    if format == .tar { archive_read_support_format_tar(archive) } else { archive_read_support_format_raw(archive) }
    for filter in [
      archive_read_support_filter_gzip, archive_read_support_filter_zstd, archive_read_support_filter_xz,
      archive_read_support_filter_bzip2,
    ] { _ = filter(archive) }
    try open()
  }

  deinit {
    archive_read_free(archive)
    buffer.deallocate()
  }

  private func open() throws {
    let context = Unmanaged.passUnretained(self).toOpaque()
    let result = archive_read_open2(
      archive, context, nil,
      { _, context, block in
        guard let context, let block else { return -1 }
        return Unmanaged<ArchiveReader>.fromOpaque(context).takeUnretainedValue().fill(block)
      },
      { _, context, count in
        guard let context else { return 0 }
        return la_int64_t(Unmanaged<ArchiveReader>.fromOpaque(context).takeUnretainedValue().source.skip(Int(count)))
      }, nil)
    try check(result)
  }

  /// libarchive's read callback: the bytes stay the source's until its next call.
  private func fill(_ block: UnsafeMutablePointer<UnsafeRawPointer?>) -> Int {
    do {
      guard let bytes = try source.next() else { return 0 }
      block.pointee = bytes.baseAddress
      return bytes.count
    } catch {
      sourceError = error
      return -1
    }
  }

  /// The next entry, valid until the next call; nil at the end.
  func nextEntry() throws -> OpaquePointer? {
    var entry: OpaquePointer?
    let result = archive_read_next_header(archive, &entry)
    if result == ARCHIVE_EOF { return nil }
    // A warning is about a name's or attribute's encoding; the entry itself is good.
    if result != ARCHIVE_WARN { try check(result) }
    return entry
  }

  /// The next piece of the current entry and where it belongs; nil at the end. Holes of sparse files are left out.
  func nextBlock() throws -> (bytes: UnsafeRawBufferPointer, offset: Int)? {
    var start: UnsafeRawPointer?
    var count = 0
    var offset: la_int64_t = 0
    let result = archive_read_data_block(archive, &start, &count, &offset)
    if result == ARCHIVE_EOF { return nil }
    try check(result)
    return (UnsafeRawBufferPointer(start: start, count: count), Int(offset))
  }

  /// The next bytes of the current entry, holes filled; nil at the end.
  func nextBytes() throws -> UnsafeRawBufferPointer? {
    let count = archive_read_data(archive, buffer.baseAddress, buffer.count)
    if count < 0 { try check(Int32(count)) }
    return count > 0 ? UnsafeRawBufferPointer(rebasing: buffer[..<count]) : nil
  }

  private func check(_ result: Int32) throws {
    if let sourceError { throw sourceError }
    if result < ARCHIVE_OK { throw ArchiveError(name, archive) }
  }
}

/// The content of the current entry of an archive, as a source for another reader.
final class EntrySource: ByteSource {
  private let reader: ArchiveReader

  init(_ reader: ArchiveReader) { self.reader = reader }

  func next() throws -> UnsafeRawBufferPointer? { try reader.nextBytes() }
}
