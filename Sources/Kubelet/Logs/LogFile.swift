import Glibc

/// One open log file, read from a place on. Calls block on the disk: they belong on a thread of their own.
final class LogFile {
  private let descriptor: Int32
  /// Tells a rotated file from the one that took its name.
  let inode: UInt

  /// Nil when there is no such file.
  init?(path: String) {
    let opened = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard opened >= 0 else { return nil }
    var facts = stat()
    guard fstat(opened, &facts) == 0 else {
      close(opened)
      return nil
    }
    descriptor = opened
    inode = UInt(facts.st_ino)
  }

  deinit { close(descriptor) }

  /// At most `limit` bytes from where the last read ended; empty at the end.
  func read(limit: Int = 64 << 10) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      count = max(0, Glibc.read(descriptor, buffer.baseAddress, limit))
    }
  }

  /// Moves to the start of the last `lines` lines, walking back from the end block by block.
  func seekToTail(lines: Int) {
    let size = Int(lseek(descriptor, 0, SEEK_END))
    lseek(descriptor, off_t(lines <= 0 ? size : tailOffset(lines: lines, size: size)), SEEK_SET)
  }

  private func tailOffset(lines: Int, size: Int, blockSize: Int = 16 << 10) -> Int {
    var missing = lines
    var end = size
    var block = [UInt8](repeating: 0, count: blockSize)
    while end > 0 {
      let start = max(0, end - blockSize)
      let count = block.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, end - start, off_t(start)) }
      guard count > 0 else { return start }
      for position in stride(from: count - 1, through: 0, by: -1) where block[position] == UInt8(ascii: "\n") {
        // The newline that ends the last line separates nothing.
        if start + position == size - 1 { continue }
        missing -= 1
        if missing == 0 { return start + position + 1 }
      }
      end = start
    }
    return 0
  }

  /// The file that was begun after the one with this inode, which has had the path: the next of those that were moved
  /// aside (`<path>.<time>`), or the one that has the path now. Nil while there is none.
  static func successor(ofInode inode: UInt, path: String) -> LogFile? {
    for _ in 0..<maximumLooks {
      let live = self.inode(ofPath: path)
      if live == inode || live == 0 { return nil }
      let next = pathAfter(inode, path: path)
      // Names move while one looks: what was read holds if the same file still has the path.
      guard self.inode(ofPath: path) == live, let file = LogFile(path: next) else { continue }
      if next != path || file.inode == live { return file }
    }
    return nil
  }

  /// Rotations within one look; each takes megabytes of log.
  private static let maximumLooks = 100

  private static func pathAfter(_ inode: UInt, path: String) -> String {
    let slash = path.lastIndex(of: "/") ?? path.startIndex
    let directory = String(path[..<slash])
    let prefix = path[path.index(after: slash)...] + "."
    // Their names sort by age.
    let moved = NodeFiles.names(inDirectory: directory).filter { $0.hasPrefix(prefix) }.sorted()
      .map { "\(directory)/\($0)" }
    // One that is removed already was older than all that are left.
    guard let place = moved.firstIndex(where: { self.inode(ofPath: $0) == inode }) else { return moved.first ?? path }
    return place + 1 < moved.count ? moved[place + 1] : path
  }

  /// The file that has the path now; 0 when there is none.
  static func inode(ofPath path: String) -> UInt {
    var facts = stat()
    return lstat(path, &facts) == 0 ? UInt(facts.st_ino) : 0
  }
}
