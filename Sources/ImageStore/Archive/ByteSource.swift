import Crypto
import Glibc
import LinuxSystem

/// Bytes in order, for one reading thread, which a source may block.
protocol ByteSource: AnyObject {
  /// The next bytes, valid until the next call; nil at the end.
  func next() throws -> UnsafeRawBufferPointer?
  /// Passes over up to so many bytes without reading them, where that is cheap.
  ///
  /// - Returns: how many bytes were passed over.
  func skip(_ count: Int) -> Int
}

extension ByteSource {
  func skip(_ count: Int) -> Int { 0 }
}

/// Part of an open file.
final class FileSource: ByteSource {
  static let chunkBytes = 256 * 1024
  private let file: Descriptor
  private var offset: Int
  private var remaining: Int
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: FileSource.chunkBytes, alignment: 16)

  init(_ file: Descriptor, offset: Int = 0, length: Int = .max) {
    self.file = file
    self.offset = offset
    remaining = length
  }

  deinit { buffer.deallocate() }

  func next() throws -> UnsafeRawBufferPointer? {
    let wanted = min(remaining, buffer.count)
    if wanted == 0 { return nil }
    let count = try systemCall("pread") { pread(file.raw, buffer.baseAddress, wanted, off_t(offset)) }
    if count == 0 { return nil }
    offset += count
    remaining -= count
    return UnsafeRawBufferPointer(rebasing: buffer[..<count])
  }

  func skip(_ count: Int) -> Int {
    let skipped = min(count, remaining)
    offset += skipped
    remaining -= skipped
    return skipped
  }
}

/// Passes bytes on, counting and digesting them.
final class DigestingSource: ByteSource {
  private let upstream: any ByteSource
  private let limitBytes: Int
  private let name: String
  private var hasher = SHA256()
  private(set) var byteCount = 0

  /// - Parameter limitBytes: more than this many bytes is an error.
  init(_ upstream: any ByteSource, limitBytes: Int, name: String) {
    self.upstream = upstream
    self.limitBytes = limitBytes
    self.name = name
  }

  var digest: Digest { Digest(hasher) }

  func next() throws -> UnsafeRawBufferPointer? {
    guard let bytes = try upstream.next() else { return nil }
    byteCount += bytes.count
    if byteCount > limitBytes { throw LayerError.tooLarge(name: name, limitBytes: limitBytes) }
    hasher.update(bufferPointer: bytes)
    return bytes
  }

  /// Reads what nobody asked for, so that the digest covers everything.
  func drain() throws {
    while try next() != nil {}
  }
}
