import Glibc
import LinuxSystem
import Synchronization

/// Tells followers when something in a directory was written, made or renamed: one inotify instance for the node, read
/// on the agent's event loop thread.
package final class DirectoryWatcher: Sendable {
  private struct Follower {
    var id: Int
    var wake: @Sendable () -> Void
  }

  private struct State {
    var followers: [Int32: [Follower]] = [:]
    var nextID = 0
  }

  private let inotify: Descriptor
  private let state = Mutex(State())

  package init(loop: EventLoopThread) throws(SystemCallError) {
    let raw = try systemCall("inotify_init1") { inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC)) }
    inotify = Descriptor(owning: raw)
    _ = try loop.add(inotify, .readable) { [weak self] _ in self?.drain() }
  }

  /// Calls `wake` on changes in the directory until the returned function is called. A directory that is not there
  /// wakes nobody.
  package func follow(
    directory: String, events: UInt32 = UInt32(IN_MODIFY | IN_CREATE | IN_MOVED_TO),
    _ wake: @escaping @Sendable () -> Void
  ) -> @Sendable () -> Void {
    let watch = inotify_add_watch(inotify.raw, directory, events)
    guard watch >= 0 else { return {} }
    let id = state.withLock { state in
      state.nextID += 1
      state.followers[watch, default: []].append(Follower(id: state.nextID, wake: wake))
      return state.nextID
    }
    return { [weak self] in self?.unfollow(watch, id) }
  }

  private func unfollow(_ watch: Int32, _ id: Int) {
    state.withLock { state in
      state.followers[watch]?.removeAll { $0.id == id }
      guard state.followers[watch]?.isEmpty == true else { return }
      state.followers[watch] = nil
      inotify_rm_watch(inotify.raw, watch)
    }
  }

  /// Reads all that inotify has to say; one wake-up per directory is enough, whatever happened there.
  private func drain() {
    var changed: Set<Int32> = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = buffer.withUnsafeMutableBytes { read(inotify.raw, $0.baseAddress, $0.count) }
      guard count > 0 else { break }
      buffer.withUnsafeBytes { Self.collect(UnsafeRawBufferPointer(rebasing: $0[..<count]), &changed) }
    }
    let followers = state.withLock { state in changed.flatMap { state.followers[$0] ?? [] } }
    for follower in followers { follower.wake() }
  }

  private static func collect(_ records: UnsafeRawBufferPointer, _ changed: inout Set<Int32>) {
    let headerSize = MemoryLayout<inotify_event>.size
    var offset = 0
    while offset + headerSize <= records.count {
      // The kernel aligns records, but not the array they were read into.
      let header = records.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
      changed.insert(header.wd)
      offset += headerSize + Int(header.len)
    }
  }
}
