import CLinux
import Glibc

/// TCP sockets that do not block, for connections within one machine.
package enum TCPSocket {
  package enum Family: Sendable { case v4, v6 }

  /// An unconnected socket of the network namespace that the calling process is in: it stays there, whoever it is passed
  /// to.
  package static func make(_ family: Family) throws(SystemCallError) -> Descriptor {
    let domain = family == .v4 ? AF_INET : AF_INET6
    let kind = Int32(SOCK_STREAM.rawValue) | cl_sock_cloexec | cl_sock_nonblock
    return Descriptor(owning: try systemCall("socket") { socket(domain, kind, 0) })
  }

  /// Begins to connect to the loopback address of the socket's own network; writable when that is done.
  package static func connectToLoopback(_ socket: Descriptor, port: UInt16, _ family: Family) throws(SystemCallError) {
    let result = family == .v4 ? connectV4(socket.raw, port) : connectV6(socket.raw, port)
    if result < 0 && errno != EINPROGRESS { throw SystemCallError(call: "connect", errno: errno) }
  }

  private static func connectV4(_ socket: Int32, _ port: UInt16) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return withUnsafeBytes(of: &address) { connect(socket, $0) }
  }

  private static func connectV6(_ socket: Int32, _ port: UInt16) -> Int32 {
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    address.sin6_port = port.bigEndian
    address.sin6_addr = in6addr_loopback
    return withUnsafeBytes(of: &address) { connect(socket, $0) }
  }

  private static func connect(_ socket: Int32, _ address: UnsafeRawBufferPointer) -> Int32 {
    // A buffer of a whole sockaddr_in or sockaddr_in6 is what connect(2) reads.
    guard let base = address.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return -1 }
    return Glibc.connect(socket, base, socklen_t(address.count))
  }

  /// What became of connecting.
  package static func checkConnected(_ socket: Descriptor) throws(SystemCallError) {
    var reason: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    try systemCall("getsockopt") { getsockopt(socket.raw, SOL_SOCKET, SO_ERROR, &reason, &size) }
    if reason != 0 { throw SystemCallError(call: "connect", errno: reason) }
  }

  /// Tells the other side that nothing more will be written.
  package static func closeWriting(_ socket: Descriptor) throws(SystemCallError) {
    if shutdown(socket.raw, Int32(SHUT_WR)) == 0 || errno == ENOTCONN { return }
    throw SystemCallError(call: "shutdown", errno: errno)
  }
}
