import CLinux
import Glibc

/// Small file work on paths that only root can change.
package enum FileTree {
  package static func exists(_ path: String) -> Bool {
    access(path, F_OK) == 0
  }

  /// Where a symbolic link points.
  package static func readLink(_ path: String) throws(SystemCallError) -> String {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let length = try systemCall("readlink", path: path) {
      buffer.withUnsafeMutableBytes { readlink(path, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count) }
    }
    return String(decoding: buffer[..<length], as: UTF8.self)
  }

  /// mkdir -p.
  package static func makeDirectories(_ path: String, mode: mode_t = 0o755) throws(SystemCallError) {
    if mkdir(path, mode) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
      throw SystemCallError(call: "mkdir", errno: errno, path: path)
    }
    try makeDirectories(String(path[..<slash]), mode: mode)
    if mkdir(path, mode) != 0 && errno != EEXIST { throw SystemCallError(call: "mkdir", errno: errno, path: path) }
  }

  /// Says of a directory that its subdirectories have nothing to do with each other (`chattr +T`), so that ext4 spreads them
  /// over its block groups. Together in one, an ext4 without a journal passes by every inode that was freed in the last
  /// minute, one by one, each time something is made. Other file systems take no notice.
  package static func spreadSubdirectories(of path: String) {
    guard let directory = try? Descriptor.open(path, O_RDONLY | O_DIRECTORY) else { return }
    // linux/fs.h: FS_IOC_GETFLAGS and FS_IOC_SETFLAGS, whose argument is an int in spite of their size, and FS_TOPDIR_FL.
    let (read, write, isTop): (UInt, UInt, UInt32) = (0x8008_6601, 0x4008_6602, 0x2_0000)
    var flags: UInt32 = 0
    guard ioctl(directory.raw, read, &flags) == 0, flags & isTop == 0 else { return }
    flags |= isTop
    _ = ioctl(directory.raw, write, &flags)
  }

  /// The names in a directory, sorted, without `.` and `..`; empty when it is not there.
  package static func names(in path: String) throws(SystemCallError) -> [String] {
    guard let directory = opendir(path) else {
      if errno == ENOENT { return [] }
      throw SystemCallError(call: "opendir", errno: errno, path: path)
    }
    defer { closedir(directory) }
    return entries(of: directory).sorted()
  }

  static func entries(of directory: OpaquePointer) -> [String] {
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }

  /// The whole of a small file.
  package static func read(_ path: String, maximumBytes: Int = 1 << 20) throws(SystemCallError) -> [UInt8] {
    try read(Descriptor.open(path, O_RDONLY), maximumBytes: maximumBytes)
  }

  package static func read(_ file: Descriptor, maximumBytes: Int = 1 << 20) throws(SystemCallError) -> [UInt8] {
    var content: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    while content.count < maximumBytes {
      let count = try systemCall("read") { Glibc.read(file.raw, &buffer, min(buffer.count, maximumBytes - content.count)) }
      if count == 0 { break }
      content += buffer[..<count]
    }
    return content
  }

  /// A small text file without the white space at its end.
  package static func text(_ path: String) throws(SystemCallError) -> String {
    var bytes = try read(path)
    while let last = bytes.last, last == 10 || last == 32 || last == 0 { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Writes in one call, as the files of proc, sysfs and cgroup want it; the file must be there.
  package static func write(_ text: String, to path: String, create: Bool = false, mode: mode_t = 0o644) throws(SystemCallError) {
    let flags = O_WRONLY | (create ? O_CREAT | O_TRUNC : 0)
    let file = try Descriptor.open(path, flags, mode: mode)
    let bytes = Array(text.utf8)
    try systemCall("write", path: path) { Glibc.write(file.raw, bytes, bytes.count) }
  }
}
