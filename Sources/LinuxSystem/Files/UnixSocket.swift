import CLinux
import Glibc

/// Unix stream and packet sockets under a path, with descriptors and credentials passed along.
package enum UnixSocket {
  package enum Kind: Sendable {
    case stream, packet
  }

  package struct Peer: Sendable, Equatable {
    package var pid: Int32
    package var uid: UInt32
    package var gid: UInt32
  }

  private static func make(_ kind: Kind, nonBlocking: Bool) throws(SystemCallError) -> Descriptor {
    Descriptor(owning: try systemCall("socket") { cl_unix_socket(kind == .packet ? 1 : 0, nonBlocking ? 1 : 0) })
  }

  /// Listens under `path` with mode 0600, in place of whatever had the name.
  package static func listen(
    _ path: String, kind: Kind = .stream, backlog: Int32 = 128, nonBlocking: Bool = true
  ) throws(SystemCallError) -> Descriptor {
    let listener = try make(kind, nonBlocking: nonBlocking)
    unlink(path)
    try withAddress(path) { (address, length) throws(SystemCallError) in
      // The mode is set before anybody can connect: a bound socket refuses connections until it listens.
      try systemCall("bind", path: path) { bind(listener.raw, address, length) }
    }
    try systemCall("chmod", path: path) { chmod(path, 0o600) }
    try systemCall("listen", path: path) { Glibc.listen(listener.raw, backlog) }
    return listener
  }

  package static func connect(
    _ path: String, kind: Kind = .stream, nonBlocking: Bool = true
  ) throws(SystemCallError) -> Descriptor {
    let connection = try make(kind, nonBlocking: nonBlocking)
    try withAddress(path) { (address, length) throws(SystemCallError) in
      try systemCall("connect", path: path) { Glibc.connect(connection.raw, address, length) }
    }
    return connection
  }

  /// Two stream sockets that are connected to each other, close-on-exec.
  package static func pair() throws(SystemCallError) -> (Descriptor, Descriptor) {
    var ends: [Int32] = [-1, -1]
    try systemCall("socketpair") {
      socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | cl_sock_cloexec, 0, &ends)
    }
    return (Descriptor(owning: ends[0]), Descriptor(owning: ends[1]))
  }

  /// nil when nobody waits.
  package static func accept(_ listener: Descriptor, nonBlocking: Bool = true) throws(SystemCallError) -> Descriptor? {
    do {
      return Descriptor(owning: try systemCall("accept4") { cl_accept(listener.raw, nonBlocking ? 1 : 0) })
    } catch {
      if error.errno == EAGAIN || error.errno == ECONNABORTED { return nil }
      throw error
    }
  }

  /// Who is at the other end.
  package static func peer(of connection: Descriptor) throws(SystemCallError) -> Peer {
    var peer = Peer(pid: 0, uid: 0, gid: 0)
    try systemCall("getsockopt") { cl_peer_credentials(connection.raw, &peer.pid, &peer.uid, &peer.gid) }
    return peer
  }

  /// Sends what the socket takes now, never raising SIGPIPE; nil when it takes nothing.
  package static func send(_ bytes: UnsafeRawBufferPointer, to connection: Descriptor) throws(SystemCallError) -> Int? {
    do {
      return try systemCall("send") {
        Glibc.send(connection.raw, bytes.baseAddress, bytes.count, cl_msg_nosignal)
      }
    } catch {
      if error.errno == EAGAIN { return nil }
      throw error
    }
  }

  package static func send(_ bytes: [UInt8], to connection: Descriptor) throws(SystemCallError) -> Int? {
    try bytes.withUnsafeBytes { buffer in
      Result { () throws(SystemCallError) in try send(buffer, to: connection) }
    }.get()
  }

  /// Sends bytes with at most 8 descriptors beside them.
  package static func send(
    _ bytes: [UInt8], descriptors: [Descriptor], to connection: Descriptor
  ) throws(SystemCallError) -> Int {
    let raws = descriptors.map(\.raw)
    return try systemCall("sendmsg") {
      cl_send_descriptors(connection.raw, bytes, bytes.count, raws, Int32(raws.count))
    }
  }

  /// Receives bytes and the descriptors beside them; nil when nothing is there now.
  package static func receive(
    maximumBytes: Int, from connection: Descriptor
  ) throws(SystemCallError) -> (bytes: [UInt8], descriptors: [Descriptor])? {
    var bytes = [UInt8](repeating: 0, count: maximumBytes)
    var raws = [Int32](repeating: -1, count: 8)
    var count = Int32(raws.count)
    do {
      let received = try systemCall("recvmsg") {
        count = Int32(raws.count)
        return cl_receive_descriptors(connection.raw, &bytes, maximumBytes, &raws, &count)
      }
      return (Array(bytes[..<received]), raws[..<Int(count)].map { Descriptor(owning: $0) })
    } catch {
      if error.errno == EAGAIN { return nil }
      throw error
    }
  }

  private static func withAddress(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) throws(SystemCallError) -> Void
  ) throws(SystemCallError) {
    var address = sockaddr_un()
    let length = try systemCall("connect", path: path) { cl_unix_address(&address, path) }
    let copy = address
    let outcome: Result<Void, SystemCallError> = withUnsafePointer(to: copy) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        do throws(SystemCallError) { return .success(try body(generic, socklen_t(length))) } catch { return .failure(error) }
      }
    }
    try outcome.get()
  }
}
