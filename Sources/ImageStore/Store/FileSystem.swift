import CArchive
import Glibc
import LinuxSystem

/// What the store needs of files beyond `FileTree`.
enum FileSystem {
  /// Reads a file that is known to be small.
  ///
  /// - Throws: `EFBIG` when the file is larger than the limit.
  static func read(_ path: String, limitBytes: Int = 8 << 20) throws(SystemCallError) -> [UInt8] {
    let file = try Descriptor.open(path, O_RDONLY)
    let size = Int(try file.status().st_size)
    if size > limitBytes { throw SystemCallError(call: "read", errno: EFBIG, path: path) }
    var result: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: max(size, 4096) + 1)
    while true {
      let count = try systemCall("read", path: path) { Glibc.read(file.raw, &buffer, buffer.count) }
      if count == 0 { return result }
      result += buffer[..<count]
      if result.count > limitBytes { throw SystemCallError(call: "read", errno: EFBIG, path: path) }
    }
  }

  static func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o644) throws(SystemCallError) {
    let file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
    if !bytes.isEmpty { try file.writeAll(bytes) }
  }

  static func move(_ from: String, to path: String) throws(SystemCallError) {
    try systemCall("rename", path: path) { rename(from, path) }
  }

  /// Brings everything written to the file system of this path to the disk.
  static func sync(_ path: String) throws(SystemCallError) {
    let directory = try Descriptor.open(path, O_RDONLY | O_DIRECTORY)
    try systemCall("syncfs", path: path) { carchive_syncfs(directory.raw) }
  }

  /// An exclusive flock, held as long as the descriptor lives; nil when another process has it and `wait` is false.
  static func lock(_ path: String, wait: Bool) throws(SystemCallError) -> Descriptor? {
    let file = try Descriptor.open(path, O_RDWR | O_CREAT, mode: 0o600)
    do {
      try systemCall("flock", path: path) { flock(file.raw, LOCK_EX | (wait ? 0 : LOCK_NB)) }
    } catch {
      if error.errno == EWOULDBLOCK { return nil }
      throw error
    }
    return file
  }
}
