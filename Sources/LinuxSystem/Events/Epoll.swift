import CLinux
import Glibc

/// epoll(7): descriptors by a number of the caller's choosing.
package final class Epoll: Sendable {
  package struct Interest: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    package static let readable = Interest(rawValue: 0x001)
    /// EPOLLPRI: pressure triggers and event counters of cgroups.
    package static let urgent = Interest(rawValue: 0x002)
    package static let writable = Interest(rawValue: 0x004)
    package static let failed = Interest(rawValue: 0x008)
    package static let hungUp = Interest(rawValue: 0x010)
    /// Disabled after one event, hang-ups included, until it is modified.
    package static let oneShot = Interest(rawValue: 1 << 30)
  }

  package struct Event: Sendable, Equatable {
    package var token: UInt64
    package var ready: Interest
  }

  /// Events taken from the kernel in one call.
  private static let batch = 64

  private let descriptor: Descriptor

  package init() throws(SystemCallError) {
    descriptor = Descriptor(owning: try systemCall("epoll_create1") { epoll_create1(cl_sock_cloexec) })
  }

  package func add(_ file: Descriptor, token: UInt64, _ interest: Interest) throws(SystemCallError) {
    try control(EPOLL_CTL_ADD, file, token, interest)
  }

  package func modify(_ file: Descriptor, token: UInt64, _ interest: Interest) throws(SystemCallError) {
    try control(EPOLL_CTL_MOD, file, token, interest)
  }

  package func remove(_ file: Descriptor) {
    // Fails only when the descriptor was not there, which is what is wanted.
    _ = epoll_ctl(descriptor.raw, EPOLL_CTL_DEL, file.raw, nil)
  }

  private func control(
    _ operation: Int32, _ file: Descriptor, _ token: UInt64, _ interest: Interest
  ) throws(SystemCallError) {
    var event = epoll_event()
    event.events = interest.rawValue
    event.data.u64 = token
    try systemCall("epoll_ctl") { epoll_ctl(descriptor.raw, operation, file.raw, &event) }
  }

  /// Waits until something is ready or the time is up.
  ///
  /// - Parameter timeoutMilliseconds: -1 waits for ever.
  package func wait(timeoutMilliseconds: Int32) throws(SystemCallError) -> [Event] {
    var count: Int32 = 0
    var failure: SystemCallError?
    let events = withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: Self.batch) { buffer in
      do throws(SystemCallError) {
        count = try systemCall("epoll_wait") {
          epoll_wait(descriptor.raw, buffer.baseAddress!, Int32(Self.batch), timeoutMilliseconds)
        }
      } catch { failure = error }
      return (0..<Int(count)).map { Event(token: buffer[$0].data.u64, ready: Interest(rawValue: buffer[$0].events)) }
    }
    if let failure { throw failure }
    return events
  }
}
