import CLinux
import Glibc

extension FileTree {
  /// rm -rf that follows no symbolic link and never looks into what is mounted at or below the path: such a mount is
  /// detached, and what it shows stays. Missing is no error. However deep the tree is, few descriptors are open at once.
  package static func remove(_ path: String) throws(SystemCallError) {
    let (parent, name) = split(path)
    do {
      try TreeRemoval(top: Descriptor.open(parent, O_RDONLY | O_DIRECTORY)).remove(name)
    } catch {
      if error.errno == ENOENT || error.errno == ENOTDIR { return }
      throw SystemCallError(call: error.call, errno: error.errno, path: error.path.map { "\(parent)/\($0)" })
    }
  }

  private static func split(_ path: String) -> (parent: String, name: String) {
    var path = path[...]
    while path.count > 1, path.last == "/" { path.removeLast() }
    guard let slash = path.lastIndex(of: "/") else { return (".", String(path)) }
    return (slash == path.startIndex ? "/" : String(path[..<slash]), String(path[path.index(after: slash)...]))
  }
}

/// The removal of one entry of a directory, with everything in it.
private struct TreeRemoval {
  /// A directory that lies deeper is moved up beside the entry and removed from there.
  private static let maximumDepth = 64
  /// A mount on a mount on a mount: so many are detached from one place.
  private static let maximumStackedMounts = 64

  let top: Descriptor

  func remove(_ name: String) throws(SystemCallError) {
    try remove(name, in: top, depth: 0)
  }

  private func remove(_ name: String, in directory: Descriptor, depth: Int) throws(SystemCallError) {
    for _ in 0...Self.maximumStackedMounts {
      if unlinkat(directory.raw, name, 0) == 0 || errno == ENOENT { return }
      if errno == EISDIR || errno == EPERM {
        if try removeDirectory(name, in: directory, depth: depth) { return }
      } else if errno != EBUSY {
        throw SystemCallError(call: "unlink", errno: errno, path: name)
      }
      try detach(name, in: directory)
    }
    throw SystemCallError(call: "unlink", errno: EBUSY, path: name)
  }

  /// - Returns: false when something is mounted on it.
  private func removeDirectory(_ name: String, in directory: Descriptor, depth: Int) throws(SystemCallError) -> Bool {
    if depth == Self.maximumDepth { return try removeFromTop(name, in: directory) }
    guard let inner = try open(name, in: directory) else { return false }
    for entry in try names(in: inner, name) { try remove(entry, in: inner, depth: depth + 1) }
    if unlinkat(directory.raw, name, AT_REMOVEDIR) == 0 || errno == ENOENT { return true }
    if errno == EBUSY { return false }
    throw SystemCallError(call: "rmdir", errno: errno, path: name)
  }

  private func removeFromTop(_ name: String, in directory: Descriptor) throws(SystemCallError) -> Bool {
    let moved = ".removing-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    if renameat(directory.raw, name, top.raw, moved) != 0 {
      if errno == EBUSY { return false }
      throw SystemCallError(call: "rename", errno: errno, path: name)
    }
    try remove(moved, in: top, depth: 0)
    return true
  }

  /// Nil for a mount point: the kernel tells one by `RESOLVE_NO_XDEV` also where the mount shows the same file system.
  private func open(_ name: String, in directory: Descriptor) throws(SystemCallError) -> Descriptor? {
    let flags = UInt64(O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    while true {
      let raw = cl_openat2(directory.raw, name, flags, 0, cl_resolve_no_xdev | cl_resolve_no_magiclinks)
      if raw >= 0 { return Descriptor(owning: raw) }
      if errno == EXDEV { return nil }
      if errno != EINTR && errno != EAGAIN { throw SystemCallError(call: "openat2", errno: errno, path: name) }
    }
  }

  private func detach(_ name: String, in directory: Descriptor) throws(SystemCallError) {
    try Mount.detach("\(directory.procPath)/\(name)")
  }

  private func names(in directory: Descriptor, _ name: String) throws(SystemCallError) -> [String] {
    // A copy, because closedir closes what fdopendir was given.
    let listed = try systemCall("fcntl") { cl_fcntl(directory.raw, cl_f_dupfd_cloexec, 0) }
    guard let stream = fdopendir(listed) else {
      close(listed)
      throw SystemCallError(call: "fdopendir", errno: errno, path: name)
    }
    defer { closedir(stream) }
    return FileTree.entries(of: stream)
  }
}
