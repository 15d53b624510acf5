import CLinux
import Glibc
import LinuxSystem
import Synchronization

/// Work inside another network namespace.
///
/// A thread that enters a namespace must never serve anything else again, so each piece of work gets a thread of its own,
/// which ends afterwards and need not find its way back. A socket opened there stays in that namespace whoever uses it.
package enum NetworkNamespace {
  /// Opens a netlink socket in the namespace.
  ///
  /// Blocks for the fraction of a millisecond that this takes: not for the cooperative pool.
  package static func openSocket(_ family: NetlinkFamily, in namespace: Descriptor) throws -> NetlinkSocket {
    try run(in: namespace) { try NetlinkSocket(family) }
  }

  /// Runs `body` on a thread that lives in the namespace, and waits for it.
  package static func run<Value: Sendable>(
    in namespace: Descriptor, _ body: @escaping @Sendable () throws -> Value
  ) throws -> Value {
    let result = Box<Value>()
    let done = Descriptor(owning: try systemCall("eventfd") { cl_eventfd(0) })
    try NativeThread.start(name: "netns") {
      let outcome = Result {
        try Namespaces.network.enter(namespace)
        return try body()
      }
      result.value.withLock { $0 = outcome }
      // The counter of an eventfd cannot be full with one increment.
      _ = eventfd_write(done.raw, 1)
    }
    var count: UInt64 = 0
    try systemCall("eventfd_read") { eventfd_read(done.raw, &count) }
    guard let outcome = result.value.withLock({ $0 }) else {
      throw SystemCallError(call: "eventfd_read", errno: EPROTO)
    }
    return try outcome.get()
  }

  private final class Box<Value: Sendable>: Sendable {
    let value = Mutex<Result<Value, any Error>?>(nil)
  }
}
