import CLinux
import Glibc

/// A directory that is the root of every path looked up through it: symbolic links, `..` and absolute targets stay
/// inside, whoever made them and however they change meanwhile (openat2 with `RESOLVE_IN_ROOT`, Linux 5.6).
package struct RootedDirectory: Sendable {
  package enum Kind: Sendable { case directory, file }

  /// Races and dangling links are followed this often before giving up.
  private static let maximumAttempts = 40

  package let descriptor: Descriptor

  package init(_ descriptor: Descriptor) {
    self.descriptor = descriptor
  }

  package init(path: String) throws(SystemCallError) {
    descriptor = try Descriptor.open(path, cl_o_path | O_DIRECTORY)
  }

  /// Opens a path inside the root; magic links such as `/proc/self/exe` are refused with `ELOOP`.
  ///
  /// - Parameter resolve: further `RESOLVE_` flags.
  package func open(
    _ path: String, _ flags: Int32, mode: mode_t = 0, resolve: UInt64 = 0
  ) throws(SystemCallError) -> Descriptor {
    try openResolved(path, flags, mode: mode, resolve: cl_resolve_in_root | resolve)
  }

  /// Opens a path that must lie below the directory: an absolute link or one that climbs out is `EXDEV`.
  package func openBeneath(_ path: String, _ flags: Int32) throws(SystemCallError) -> Descriptor {
    try openResolved(path, flags, mode: 0, resolve: cl_resolve_beneath)
  }

  /// Makes the directories of a path that are missing, each with exactly `mode` whatever the umask says. What is there
  /// may be anything, as long as it lies below the directory.
  package func ensureBeneath(_ path: String, mode: mode_t) throws(SystemCallError) {
    var parent = descriptor
    let components = PathComponents(path).components
    for (index, name) in components.enumerated() {
      let walked = components[...index].joined(separator: "/")
      do {
        parent = try openBeneath(walked, cl_o_path)
      } catch {
        guard error.errno == ENOENT else { throw error }
        try makeDirectory(String(name), mode: mode, in: parent)
        parent = try openBeneath(walked, cl_o_path)
      }
    }
  }

  private func makeDirectory(_ name: String, mode: mode_t, in parent: Descriptor) throws(SystemCallError) {
    if mkdirat(parent.raw, name, mode) != 0 {
      if errno == EEXIST { return }
      throw SystemCallError(call: "mkdirat", errno: errno, path: name)
    }
    let made = try Descriptor.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: parent)
    try systemCall("fchmod", path: name) { fchmod(made.raw, mode) }
  }

  private func openResolved(
    _ path: String, _ flags: Int32, mode: mode_t, resolve: UInt64
  ) throws(SystemCallError) -> Descriptor {
    for _ in 0..<Self.maximumAttempts {
      let raw = cl_openat2(
        descriptor.raw, path, UInt64(UInt32(bitPattern: flags | O_CLOEXEC)), UInt64(mode),
        resolve | cl_resolve_no_magiclinks)
      if raw >= 0 { return Descriptor(owning: raw) }
      // EAGAIN: something was renamed while the kernel walked; the next walk is as safe as this one.
      if errno != EINTR && errno != EAGAIN { throw SystemCallError(call: "openat2", errno: errno, path: path) }
    }
    throw SystemCallError(call: "openat2", errno: EAGAIN, path: path)
  }

  /// Opens (`O_PATH`) a directory or file inside the root, making it and its parents when they are missing.
  package func ensure(
    _ path: String, _ kind: Kind, mode: mode_t = 0o755
  ) throws(SystemCallError) -> Descriptor {
    try ensure(PathComponents(path).components, kind, mode: mode, attempts: Self.maximumAttempts)
  }

  private func ensure(
    _ components: [Substring], _ kind: Kind, mode: mode_t, attempts: Int
  ) throws(SystemCallError) -> Descriptor {
    let path = components.isEmpty ? "." : components.joined(separator: "/")
    do {
      return try open(path, cl_o_path)
    } catch {
      guard error.errno == ENOENT, let name = components.last.map(String.init) else { throw error }
      guard attempts > 0 else { throw SystemCallError(call: "openat2", errno: ELOOP, path: path) }
      let parents = Array(components.dropLast())
      let parent = try ensure(parents, .directory, mode: 0o755, attempts: attempts - 1)
      if try make(name, kind, mode: mode, in: parent) {
        return try open(path, cl_o_path)
      }
      guard let link = try readLink(name, in: parent) else {
        // Somebody else was faster.
        return try ensure(components, kind, mode: mode, attempts: attempts - 1)
      }
      // A symbolic link that leads nowhere yet: make what it means, inside the root.
      let target = PathComponents(link)
      return try ensure(
        (target.isAbsolute ? [] : parents) + target.components, kind, mode: mode, attempts: attempts - 1)
    }
  }

  /// False when something of that name is there already.
  private func make(_ name: String, _ kind: Kind, mode: mode_t, in parent: Descriptor) throws(SystemCallError) -> Bool {
    do {
      switch kind {
      case .directory: try systemCall("mkdirat", path: name) { mkdirat(parent.raw, name, mode) }
      case .file:
        _ = try Descriptor.open(name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, mode: mode & 0o666, at: parent)
      }
      return true
    } catch {
      if error.errno == EEXIST { return false }
      throw error
    }
  }

  /// Nil when there is no link of that name, but something else or nothing.
  private func readLink(_ name: String, in parent: Descriptor) throws(SystemCallError) -> String? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    let length: Int
    do {
      length = try systemCall("readlinkat", path: name) { readlinkat(parent.raw, name, &buffer, Int(PATH_MAX)) }
    } catch {
      if error.errno == EINVAL || error.errno == ENOENT { return nil }
      throw error
    }
    return String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// A path cut at its slashes; `.` and empty components are gone, `..` is left to the kernel.
package struct PathComponents: Sendable, Equatable {
  package var isAbsolute: Bool
  package var components: [Substring]

  package init(_ path: String) {
    isAbsolute = path.utf8.first == UInt8(ascii: "/")
    components = path.split(separator: "/").filter { $0 != "." }
  }
}
