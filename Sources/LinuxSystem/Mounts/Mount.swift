import CLinux
import Glibc

/// The mount API that works on descriptors (Linux 5.2, `mount_setattr` 5.12): a mount exists before it has a place, so
/// no path is looked up twice.
package enum Mount {
  private static let openTreeClone: UInt32 = 1
  private static let fromEmptyPath: UInt32 = 0x04
  private static let toEmptyPath: UInt32 = 0x40

  package enum Propagation: UInt64, Sendable {
    case unchanged = 0
    case `private` = 0x40000  // MS_PRIVATE
    case slave = 0x80000  // MS_SLAVE
    case shared = 0x100000  // MS_SHARED
  }

  package struct Attributes: OptionSet, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }
    package static let readOnly = Attributes(rawValue: 0x1)
    package static let noSetUserID = Attributes(rawValue: 0x2)
    package static let noDevices = Attributes(rawValue: 0x4)
    package static let noExecute = Attributes(rawValue: 0x8)
    package static let relativeAccessTimes = Attributes([])
    package static let noAccessTimes = Attributes(rawValue: 0x10)
  }

  package struct Option: Sendable, Equatable {
    package var name: String
    /// nil for a flag.
    package var value: String?

    package init(_ name: String, _ value: String? = nil) {
      self.name = name
      self.value = value
    }
  }

  /// A new mount of a file system, attached nowhere.
  package static func make(
    _ type: String, source: String? = nil, options: [Option] = [], attributes: Attributes = []
  ) throws(SystemCallError) -> Descriptor {
    let context = Descriptor(owning: try systemCall("fsopen", path: type) { cl_fsopen(type) })
    let all = (source.map { [Option("source", $0)] } ?? []) + options
    for option in all {
      try configure(context, type, option)
    }
    try systemCall("fsconfig", path: type) {
      cl_fsconfig_create(context.raw)
    }
    return Descriptor(
      owning: try systemCall("fsmount", path: type) {
        cl_fsmount(context.raw, UInt32(attributes.rawValue))
      })
  }

  private static func configure(_ context: Descriptor, _ type: String, _ option: Option) throws(SystemCallError) {
    try systemCall("fsconfig", path: "\(type) \(option.name)") {
      cl_fsconfig_set(context.raw, option.name, option.value)
    }
  }

  /// A copy of the mount (with those below it when `recursive`) that shows the tree from `path` on, attached nowhere:
  /// a bind mount to be. It stays in its source's peer group until its propagation is changed.
  package static func clone(
    _ path: String, at directory: Descriptor? = nil, recursive: Bool
  ) throws(SystemCallError) -> Descriptor {
    let flags = openTreeClone | UInt32(O_CLOEXEC) | (recursive ? UInt32(cl_at_recursive) : 0)
    return Descriptor(
      owning: try systemCall("open_tree", path: path) { cl_open_tree(directory?.raw ?? AT_FDCWD, path, flags) })
  }

  /// As above, of what a descriptor already holds.
  package static func clone(_ source: Descriptor, recursive: Bool) throws(SystemCallError) -> Descriptor {
    let flags = openTreeClone | UInt32(O_CLOEXEC) | UInt32(cl_at_empty_path) | (recursive ? UInt32(cl_at_recursive) : 0)
    return Descriptor(owning: try systemCall("open_tree") { cl_open_tree(source.raw, "", flags) })
  }

  /// Puts a detached mount on a directory or file that the caller has already resolved.
  package static func attach(_ mount: Descriptor, to place: Descriptor) throws(SystemCallError) {
    let flags = fromEmptyPath | toEmptyPath
    try systemCall("move_mount") { cl_move_mount(mount.raw, "", place.raw, "", flags) }
  }

  package static func attach(_ mount: Descriptor, to path: String) throws(SystemCallError) {
    try systemCall("move_mount", path: path) {
      cl_move_mount(mount.raw, "", AT_FDCWD, path, fromEmptyPath)
    }
  }

  /// Changes a mount, with all below it when `recursive`.
  package static func change(
    _ mount: Descriptor, set: Attributes = [], clear: Attributes = [], propagation: Propagation = .unchanged,
    recursive: Bool
  ) throws(SystemCallError) {
    let flags = UInt32(cl_at_empty_path) | (recursive ? UInt32(cl_at_recursive) : 0)
    try systemCall("mount_setattr") {
      cl_mount_setattr(mount.raw, "", flags, set.rawValue, clear.rawValue, propagation.rawValue)
    }
  }

  /// Shows the owners of a detached mount's files as the user namespace maps them, and stores them as it maps them back
  /// (Linux 5.12; which file systems can is theirs to say: tmpfs since 6.3, overlay not).
  ///
  /// - Throws: `EINVAL` where the file system cannot.
  package static func mapOwners(of mount: Descriptor, by userNamespace: Descriptor) throws(SystemCallError) {
    try systemCall("mount_setattr") { cl_mount_idmap(mount.raw, userNamespace.raw) }
  }

  /// Changes the propagation of everything below `/` in this mount namespace.
  package static func changeRoot(propagation: Propagation) throws(SystemCallError) {
    try systemCall("mount_setattr", path: "/") {
      cl_mount_setattr(AT_FDCWD, "/", UInt32(cl_at_recursive), 0, 0, propagation.rawValue)
    }
  }

  /// Makes `root` the root of the mount namespace and detaches the old one, without a place for the old one in the new:
  /// both are stacked on `.` for a moment (pivot_root(2), NOTES).
  package static func pivot(into root: Descriptor) throws(SystemCallError) {
    try systemCall("fchdir") { fchdir(root.raw) }
    try systemCall("pivot_root") { cl_pivot_root(".", ".") }
    try systemCall("umount2") { cl_detach_mount(".", 1) }
    try systemCall("chdir") { chdir("/") }
  }

  /// Whether something is mounted on exactly this path, told by a look from the directory above it; false for a path that
  /// is not there.
  package static func isMountPoint(_ path: String) -> Bool {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return path == "/" }
    guard let parent = try? Descriptor.open(String(path[..<slash]), cl_o_path | O_DIRECTORY) else { return false }
    let flags = UInt64(UInt32(bitPattern: cl_o_path | O_NOFOLLOW | O_CLOEXEC))
    let raw = cl_openat2(parent.raw, String(path[path.index(after: slash)...]), flags, 0, cl_resolve_no_xdev)
    if raw >= 0 { close(raw) }
    return raw < 0 && errno == EXDEV
  }

  /// Detaches whatever is mounted on `path` (the topmost); what is not mounted is no error.
  package static func detach(_ path: String) throws(SystemCallError) {
    if cl_detach_mount(path, 0) == 0 { return }
    if errno == EINVAL || errno == ENOENT { return }
    throw SystemCallError(call: "umount2", errno: errno, path: path)
  }
}
