import CLinux
import Glibc

/// inotify(7): changes of files and directories.
package final class Inotify: Sendable {
  package struct Change: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    package static let modified = Change(rawValue: 0x002)
    package static let closedAfterWrite = Change(rawValue: 0x008)
    package static let movedAway = Change(rawValue: 0x040)
    package static let movedHere = Change(rawValue: 0x080)
    package static let created = Change(rawValue: 0x100)
    package static let deleted = Change(rawValue: 0x200)
    package static let selfDeleted = Change(rawValue: 0x400)
    package static let selfMoved = Change(rawValue: 0x800)
    package static let anyChange: Change = [.modified, .movedAway, .movedHere, .created, .deleted, .closedAfterWrite]
  }

  /// Readable when something has changed; non-blocking.
  package let descriptor: Descriptor

  package init() throws(SystemCallError) {
    descriptor = Descriptor(owning: try systemCall("inotify_init1") { cl_inotify() })
  }

  /// - Returns: the watch's number; asking again for the same file changes what is watched.
  @discardableResult
  package func watch(_ path: String, _ changes: Change) throws(SystemCallError) -> Int32 {
    try systemCall("inotify_add_watch", path: path) { cl_inotify_watch(descriptor.raw, path, changes.rawValue) }
  }

  /// Takes all that is queued: for those who look for themselves what has changed.
  package func discard() throws(SystemCallError) {
    var failure: SystemCallError?
    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
      do throws(SystemCallError) {
        while let count = try descriptor.read(into: buffer), count > 0 {}
      } catch { failure = error }
    }
    if let failure { throw failure }
  }
}
