import Glibc
import LinuxSystem

/// Wakes somebody when the kernel says that memory or disk are getting scarce: pressure stall triggers
/// (Documentation/accounting/psi.rst) and the event counters of the pods' cgroup. Nothing runs while nothing is scarce.
final class PressureWatch: Sendable {
  /// Tasks stalled for a tenth of a second within one. Windows are whole seconds, as long as a process without
  /// privileges may ask for.
  private static let memoryTrigger = "some 200000 2000000"
  private static let diskTrigger = "some 1000000 2000000"

  private let loop: EventLoopThread
  private let tokens: [UInt64]
  /// What cannot be watched here, and why.
  let complaints: [String]

  /// - Parameter group: the cgroup of all pods.
  init(loop: EventLoopThread, group: Cgroup, wake: @escaping @Sendable () -> Void) {
    self.loop = loop
    var tokens: [UInt64] = []
    var complaints: [String] = []
    let triggers = [
      ("/proc/pressure/memory", Self.memoryTrigger), ("\(group.path)/memory.pressure", Self.memoryTrigger),
      ("/proc/pressure/io", Self.diskTrigger),
    ]
    for (path, trigger) in triggers {
      do throws(SystemCallError) {
        tokens.append(try Self.arm(path, trigger, loop, wake))
      } catch {
        complaints.append("\(error)")
      }
    }
    if FileTree.exists("\(group.path)/memory.events") {
      do throws(SystemCallError) {
        tokens.append(try Self.watchEvents("\(group.path)/memory.events", loop, wake))
      } catch {
        complaints.append("\(error)")
      }
    }
    self.tokens = tokens
    self.complaints = complaints
  }

  deinit { for token in tokens { loop.remove(token) } }

  /// The trigger lives as long as its descriptor, which the loop keeps.
  private static func arm(
    _ path: String, _ trigger: String, _ loop: EventLoopThread, _ wake: @escaping @Sendable () -> Void
  ) throws(SystemCallError) -> UInt64 {
    let file = try Descriptor.open(path, O_RDWR | O_NONBLOCK)
    let text = Array(trigger.utf8) + [0]
    try systemCall("write", path: path) { write(file.raw, text, text.count) }
    return try loop.add(file, .urgent) { ready in
      if ready.contains(.urgent) { wake() }
    }
  }

  /// Raised until the file is read again.
  private static func watchEvents(
    _ path: String, _ loop: EventLoopThread, _ wake: @escaping @Sendable () -> Void
  ) throws(SystemCallError) -> UInt64 {
    let file = try Descriptor.open(path, O_RDONLY)
    let read: @Sendable () -> Void = {
      withUnsafeTemporaryAllocation(byteCount: 512, alignment: 1) { buffer in
        // A read that fails leaves the file as it was; the group is gone then, and the agent with it.
        _ = pread(file.raw, buffer.baseAddress, buffer.count, 0)
      }
    }
    read()
    return try loop.add(file, .urgent) { _ in
      read()
      wake()
    }
  }
}
