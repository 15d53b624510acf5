import Glibc
import LinuxSystem

/// The file that whoever changes the store holds. In it stands how often that has been done.
enum StoreLock {
  /// Runs `change` while no other process changes anything. Waits for its turn.
  static func hold<Result>(_ path: String, _ change: () throws -> Result) throws -> Result {
    let lock = try FileSystem.lock(path, wait: true)
    defer { if let lock { count(lock) } }
    return try change()
  }

  /// What stood in the file; nil when there is nothing to go by.
  static func generation(_ path: String) -> UInt64? {
    guard let file = try? Descriptor.open(path, O_RDONLY) else { return nil }
    return read(file)
  }

  private static func read(_ file: Descriptor) -> UInt64? {
    var number: UInt64 = 0
    return pread(file.raw, &number, MemoryLayout<UInt64>.size, 0) == MemoryLayout<UInt64>.size ? number : nil
  }

  private static func count(_ file: Descriptor) {
    var number = (read(file) ?? UInt64.random(in: 0...(.max))) &+ 1
    // On a full disk nobody remembers anything rather than something false.
    if pwrite(file.raw, &number, MemoryLayout<UInt64>.size, 0) != MemoryLayout<UInt64>.size { ftruncate(file.raw, 0) }
  }
}
