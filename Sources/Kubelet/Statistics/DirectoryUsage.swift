import Glibc
import LinuxSystem

/// What a directory holds, as du(1) counts it: allocated blocks, hard links once, one file system.
package struct DirectoryUsage: Sendable, Hashable {
  package var bytes = 0
  package var inodes = 0

  package init(bytes: Int = 0, inodes: Int = 0) {
    self.bytes = bytes
    self.inodes = inodes
  }

  package static func + (left: DirectoryUsage, right: DirectoryUsage) -> DirectoryUsage {
    DirectoryUsage(bytes: left.bytes + right.bytes, inodes: left.inodes + right.inodes)
  }

  /// Walks the tree without following links. Blocks. What is not there, or goes while it is looked at, counts nothing.
  package static func of(_ path: String) -> DirectoryUsage {
    var walk = Walk()
    walk.visit(path)
    return walk.usage
  }

  private struct Walk {
    var usage = DirectoryUsage()
    var device: UInt64?
    var linked: Set<UInt64> = []

    mutating func visit(_ root: String) {
      var pending = [root]
      while let path = pending.popLast() {
        var status = stat()
        guard lstat(path, &status) == 0, count(status) else { continue }
        // A directory that goes meanwhile has no names.
        if status.st_mode & S_IFMT == S_IFDIR { pending += ((try? FileTree.names(in: path)) ?? []).map { "\(path)/\($0)" } }
      }
    }

    /// False for what is not to be entered.
    mutating func count(_ status: stat) -> Bool {
      if device == nil { device = UInt64(status.st_dev) }
      guard device == UInt64(status.st_dev) else { return false }
      let isDirectory = status.st_mode & S_IFMT == S_IFDIR
      guard isDirectory || status.st_nlink < 2 || linked.insert(UInt64(status.st_ino)).inserted else { return false }
      usage.bytes += Int(status.st_blocks) * 512
      usage.inodes += 1
      return true
    }
  }
}
