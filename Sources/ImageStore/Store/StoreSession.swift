import Glibc
import LinuxSystem
import Synchronization

/// One process's room for what is not finished. It vanishes with the process: whoever opens the store next sweeps the
/// rooms whose lock nobody holds.
final class StoreSession: Sendable {
  let path: String
  private let lock: Descriptor
  private let counter = Mutex(0)

  /// Call with the store's lock held, so that a sweeper never sees a room without its owner's lock.
  init(in directory: String) throws {
    path = "\(directory)/\(getpid())-\(UInt32.random(in: .min ... .max))"
    try FileTree.makeDirectories(path, mode: 0o700)
    guard let lock = try FileSystem.lock("\(path)/lock", wait: false) else {
      throw SystemCallError(call: "flock", errno: EWOULDBLOCK, path: path)
    }
    self.lock = lock
  }

  deinit {
    // Best effort: the next start sweeps what is left.
    try? FileTree.remove(path)
  }

  /// A path in the room that nobody else has.
  func newPath(_ purpose: String) -> String {
    let number = counter.withLock { value in
      value += 1
      return value
    }
    return "\(path)/\(purpose)-\(number)"
  }

  /// Removes the rooms of processes that are gone.
  static func sweep(_ directory: String) throws {
    for name in try FileTree.names(in: directory) {
      let path = "\(directory)/\(name)"
      guard let lock = try? FileSystem.lock("\(path)/lock", wait: false) else {
        // A lock that cannot be made means a stray file, one that is held a living owner.
        if !FileTree.exists("\(path)/lock") { try FileTree.remove(path) }
        continue
      }
      try withExtendedLifetime(lock) { try FileTree.remove(path) }
    }
  }
}
