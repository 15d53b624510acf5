import Glibc
import LinuxSystem

/// The file operations that pods' directories need. They block on the disk: call them on a thread of their own.
enum NodeFiles {
  enum Kind: Hashable {
    case directory
    case file
    case symbolicLink
    case socket
    case characterDevice
    case blockDevice
    case other
  }

  static func check(_ operation: String, _ path: String, _ body: () -> Int32) throws(SystemCallError) {
    while body() != 0 {
      if errno != EINTR { throw SystemCallError(call: operation, errno: errno, path: path) }
    }
  }

  /// Makes the directory and those above it; those that are there stay as they are.
  static func makeDirectory(_ path: String, mode: mode_t = 0o755) throws(SystemCallError) {
    if mkdir(path, mode) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
      throw SystemCallError(call: "mkdir", errno: errno, path: path)
    }
    try makeDirectory(String(path[..<slash]), mode: mode)
    if mkdir(path, mode) != 0, errno != EEXIST { throw SystemCallError(call: "mkdir", errno: errno, path: path) }
  }

  /// Makes the directory by way of `nursery`, a path below a directory of the same pod. ext4 puts a new directory beside its
  /// parent at no cost, where a parent of many pods' directories (`FileTree.spreadSubdirectories`) costs a look at all its
  /// block groups. Where a move is not possible, as to another file system, it is made in its place.
  static func makeDirectory(_ path: String, byWayOf nursery: String) throws(SystemCallError) {
    guard kind(path) == nil else { return }
    if mkdir(nursery, 0o755) == 0 {
      if rename(nursery, path) == 0 { return }
      rmdir(nursery)
    }
    try makeDirectory(path)
  }

  /// Writes a file whole, with exactly `mode`, whatever the umask says.
  static func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o644) throws(SystemCallError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode)
    guard descriptor >= 0 else { throw SystemCallError(call: "open", errno: errno, path: path) }
    defer { close(descriptor) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR {
        throw SystemCallError(call: "write", errno: errno, path: path)
      }
    }
    try check("fchmod", path) { fchmod(descriptor, mode) }
  }

  /// The new content appears whole or not at all.
  static func replace(_ path: String, with bytes: [UInt8], mode: mode_t) throws(SystemCallError) {
    let temporary = path + ".new"
    try write(bytes, to: temporary, mode: mode)
    try check("rename", path) { rename(temporary, path) }
  }

  /// At most `limit` bytes from the start; nil when the file cannot be read. Links are not followed where containers
  /// can write.
  static func read(_ path: String, limit: Int = 4 << 20, followsLinks: Bool = false) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (followsLinks ? 0 : O_NOFOLLOW))
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    while bytes.count < limit {
      let chunk = [UInt8](unsafeUninitializedCapacity: min(64 << 10, limit - bytes.count)) { buffer, count in
        count = max(0, Glibc.read(descriptor, buffer.baseAddress, buffer.count))
      }
      if chunk.isEmpty { break }
      bytes += chunk
    }
    return bytes
  }

  /// A file of the node's own, such as `/etc/os-release`, which may be a link.
  static func text(_ path: String) -> String? {
    read(path, followsLinks: true).map { String(decoding: $0, as: UTF8.self) }
  }

  /// What is at the path; nil when nothing is. `followsLinks` tells what a link leads to.
  static func kind(_ path: String, followsLinks: Bool = true) -> Kind? {
    var facts = stat()
    guard (followsLinks ? stat(path, &facts) : lstat(path, &facts)) == 0 else { return nil }
    switch facts.st_mode & S_IFMT {
    case S_IFDIR: return .directory
    case S_IFREG: return .file
    case S_IFLNK: return .symbolicLink
    case S_IFSOCK: return .socket
    case S_IFCHR: return .characterDevice
    case S_IFBLK: return .blockDevice
    default: return .other
    }
  }

  static func linkTarget(_ path: String) -> String? {
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
      buffer.withMemoryRebound(to: CChar.self) { count = max(0, readlink(path, $0.baseAddress!, $0.count)) }
    }
    return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
  }

  /// The names in a directory, sorted, without `.` and `..`; empty when it cannot be read.
  static func names(inDirectory path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Removes a tree without following links; what is mounted in it is detached and stays as it is.
  static func removeTree(_ path: String) throws(SystemCallError) { try FileTree.remove(path) }

  /// Makes the link, or replaces it in one step.
  static func link(_ path: String, to target: String) throws(SystemCallError) {
    if symlink(target, path) == 0 { return }
    let temporary = path + "_tmp"
    unlink(temporary)
    try check("symlink", temporary) { symlink(target, temporary) }
    try check("rename", temporary) { rename(temporary, path) }
  }

  static func isMountPoint(_ path: String) -> Bool { Mount.isMountPoint(path) }
}
