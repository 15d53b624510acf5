import Glibc
import LinuxSystem

/// A mount namespace that holds an empty read-only directory and nothing else. Containers' mount namespaces are copies of
/// it: a copy of the machine's would cost a mount to make and one to end for each volume of each pod of the node, and what
/// is not in it cannot be found by a container that escapes from its root.
enum BareMounts {
  /// Where a container's root is mounted.
  static let root = "/root"

  /// For the spawner, which has one thread and comes back to the machine's mounts, or ends.
  ///
  /// - Parameter place: a directory of the machine that is covered in the new namespace for a moment.
  static func make(over place: String) throws(SystemCallError) -> Descriptor {
    let machine = try Descriptor.open("/proc/self/ns/mnt", O_RDONLY)
    try Namespaces.mount.unshare()
    let built = Result { () throws(SystemCallError) in try build(over: place) }
    do throws(SystemCallError) {
      try Namespaces.mount.enter(machine)
    } catch {
      // What it mounted for pods from here on, the machine would not see.
      ShimLog.write("spawner: cannot come back to the machine's mounts: \(error)")
      exit(1)
    }
    return try built.get()
  }

  private static func build(over place: String) throws(SystemCallError) -> Descriptor {
    let namespace = try Descriptor.open("/proc/self/ns/mnt", O_RDONLY)
    try Mount.changeRoot(propagation: .private)
    // Two inodes: the directory and the one in it.
    let mount = try Mount.make(
      "tmpfs", source: "bare", options: [Mount.Option("nr_inodes", "2"), Mount.Option("mode", "755")],
      attributes: [.noSetUserID, .noDevices, .noExecute])
    try Mount.attach(mount, to: place)
    try systemCall("mkdir", path: root) { mkdir("\(place)\(root)", 0o755) }
    try Mount.change(mount, set: .readOnly, recursive: false)
    try Mount.pivot(into: mount)
    return namespace
  }

  /// Leaves the machine's mounts for an own copy of the bare ones.
  static func enterCopy(of namespace: Descriptor) throws(SystemCallError) {
    try Namespaces.mount.enter(namespace)
    try Namespaces.mount.unshare()
  }
}
