import CLinux
import Glibc
import LinuxSystem

extension DeviceNode {
  /// The machine's device nodes directly in /dev and in /dev/net, /dev/mapper and the like, without terminals and what
  /// a container has its own of. Blocks.
  static func ofMachine() throws(SystemCallError) -> [DeviceNode] {
    let own = Set(DeviceNode.standard.map(\.path) + ["/dev/console", "/dev/ptmx"])
    return try nodes(in: "/dev", depth: 2).filter { !own.contains($0.path) }
  }

  private static let skipped: Set<String> = ["/dev/pts", "/dev/shm", "/dev/mqueue", "/dev/fd"]

  private static func nodes(in directory: String, depth: Int) throws(SystemCallError) -> [DeviceNode] {
    var found: [DeviceNode] = []
    for name in try FileTree.names(in: directory) {
      let path = "\(directory)/\(name)"
      var status = stat()
      guard !skipped.contains(path), lstat(path, &status) == 0 else { continue }
      switch status.st_mode & S_IFMT {
      case S_IFCHR, S_IFBLK:
        found.append(
          DeviceNode(
            path: path, major: cl_device_major(UInt64(status.st_rdev)), minor: cl_device_minor(UInt64(status.st_rdev)),
            mode: UInt32(status.st_mode)))
      case S_IFDIR where depth > 1: found += try nodes(in: path, depth: depth - 1)
      default: continue
      }
    }
    return found
  }
}
