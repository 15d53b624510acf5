import CNetlink
import Glibc
import LinuxSystem
import Synchronization

/// What the rest of the module needs of the kernel: whole datagrams out and in. Tests put a recording kernel behind it.
package protocol NetlinkChannel {
  func send(_ datagram: [UInt8]) throws
  /// The next datagram; waits for it. The kernel handles requests while they are sent, so a reply never takes long.
  func receive() throws -> [UInt8]
}

/// The part of the kernel that a netlink socket talks to.
package enum NetlinkFamily: Int32, Sendable {
  case route = 0
  case netfilter = 12
}

/// A netlink socket of libnl-3, for the network namespace of the thread that opened it.
///
/// One user at a time: replies are told apart by sequence number only within one connection.
package final class NetlinkSocket: NetlinkChannel, Sendable {
  /// The kernel's datagrams of a dump are at most 32 KiB; single replies are smaller.
  private static let receiveBufferBytes = 64 * 1024
  /// Room for the acknowledgements of a large transaction's errors.
  private static let kernelReceiveBytes: Int32 = 8 << 20
  /// A transaction of 100,000 Services with two endpoints each fits.
  private static let kernelSendBytes: Int32 = 64 << 20
  private static let solNetlink: Int32 = 270

  private let handle: Mutex<OpaquePointer>
  private let descriptor: Int32

  /// - Throws: `SystemCallError`.
  package init(_ family: NetlinkFamily) throws {
    guard let handle = nl_socket_alloc() else { throw SystemCallError(call: "nl_socket_alloc", errno: ENOMEM) }
    let result = nl_connect(handle, family.rawValue)
    guard result == 0 else {
      nl_socket_free(handle)
      throw SystemCallError(
        call: "nl_connect", errno: errno == 0 ? EIO : errno, path: String(cString: nl_geterror(result)))
    }
    descriptor = nl_socket_get_fd(handle)
    self.handle = Mutex(handle)
    try setOptions(family)
  }

  deinit {
    handle.withLock { nl_socket_free($0) }
  }

  private func setOptions(_ family: NetlinkFamily) throws(SystemCallError) {
    try set(Self.solNetlink, NETLINK_EXT_ACK, 1)
    try set(Self.solNetlink, NETLINK_CAP_ACK, 1)
    guard family == .netfilter else { return }
    try set(SOL_SOCKET, SO_SNDBUFFORCE, Self.kernelSendBytes)
    try set(SOL_SOCKET, SO_RCVBUFFORCE, Self.kernelReceiveBytes)
  }

  private func set(_ level: Int32, _ option: Int32, _ value: Int32) throws(SystemCallError) {
    try systemCall("setsockopt") {
      withUnsafePointer(to: value) { setsockopt(descriptor, level, option, $0, socklen_t(MemoryLayout<Int32>.size)) }
    }
  }

  package func send(_ datagram: [UInt8]) throws {
    // Unconnected sends go to the kernel, port 0.
    let sent = try systemCall("send netlink") {
      datagram.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, 0) }
    }
    guard sent == datagram.count else { throw SystemCallError(call: "send netlink", errno: EMSGSIZE) }
  }

  package func receive() throws -> [UInt8] {
    var failure: SystemCallError?
    let datagram = [UInt8](unsafeUninitializedCapacity: Self.receiveBufferBytes) { buffer, count in
      do throws(SystemCallError) {
        count = try systemCall("receive netlink") {
          recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_TRUNC))
        }
        if count > buffer.count { throw SystemCallError(call: "receive netlink", errno: EMSGSIZE) }
      } catch {
        failure = error
        count = 0
      }
    }
    if let failure { throw failure }
    return datagram
  }
}
