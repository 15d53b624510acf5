import CLinux
import Glibc

/// The owner of a file descriptor: closes it when the last reference goes.
///
/// Every descriptor made through this type is close-on-exec.
package final class Descriptor: Sendable {
  /// The kernel's number; valid as long as this object lives.
  package let raw: Int32

  /// Takes ownership of an open descriptor.
  package init(owning raw: Int32) {
    self.raw = raw
  }

  deinit {
    close(raw)
  }

  /// openat(2), always with `O_CLOEXEC`.
  package static func open(
    _ path: String, _ flags: Int32, mode: mode_t = 0, at directory: Descriptor? = nil
  ) throws(SystemCallError) -> Descriptor {
    Descriptor(
      owning: try systemCall("open", path: path) {
        openat(directory?.raw ?? AT_FDCWD, path, flags | O_CLOEXEC, mode)
      })
  }

  /// pipe2(2), close-on-exec.
  package static func pipe(flags: Int32 = 0) throws(SystemCallError) -> (read: Descriptor, write: Descriptor) {
    var ends: (Int32, Int32) = (-1, -1)
    try systemCall("pipe2") {
      withUnsafeMutablePointer(to: &ends) { pointer in
        pointer.withMemoryRebound(to: Int32.self, capacity: 2) { cl_pipe($0, flags) }
      }
    }
    return (Descriptor(owning: ends.0), Descriptor(owning: ends.1))
  }

  /// A second owner of the same open file.
  package func duplicate() throws(SystemCallError) -> Descriptor {
    Descriptor(owning: try systemCall("fcntl") { cl_fcntl(raw, cl_f_dupfd_cloexec, 0) })
  }

  package func setNonBlocking() throws(SystemCallError) {
    let flags = try systemCall("fcntl") { cl_fcntl(raw, F_GETFL, 0) }
    try systemCall("fcntl") { cl_fcntl(raw, F_SETFL, Int(flags | O_NONBLOCK)) }
  }

  /// Reads once; 0 at the end of the file, nil when a non-blocking descriptor has nothing now.
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemCallError) -> Int? {
    do {
      return try systemCall("read") { Glibc.read(raw, buffer.baseAddress, buffer.count) }
    } catch {
      if error.errno == EAGAIN { return nil }
      throw error
    }
  }

  /// Writes once; nil when a non-blocking descriptor takes nothing now.
  package func write(_ buffer: UnsafeRawBufferPointer) throws(SystemCallError) -> Int? {
    do {
      return try systemCall("write") { Glibc.write(raw, buffer.baseAddress, buffer.count) }
    } catch {
      if error.errno == EAGAIN { return nil }
      throw error
    }
  }

  /// Writes everything to a blocking descriptor.
  package func writeAll(_ bytes: [UInt8]) throws(SystemCallError) {
    var done = 0
    while done < bytes.count {
      done += try systemCall("write") {
        bytes.withUnsafeBytes { Glibc.write(raw, $0.baseAddress! + done, $0.count - done) }
      }
    }
  }

  /// A process by number (pidfd_open(2)): readable when it has ended. The caller makes sure that the number still means
  /// the process.
  package convenience init(pidfdOf pid: Int32) throws(SystemCallError) {
    self.init(owning: try systemCall("pidfd_open") { cl_pidfd_open(pid) })
  }

  /// Blocks until there is something to read, or the end; false when the time is up.
  package func waitReadable(timeoutMilliseconds: Int32) throws(SystemCallError) -> Bool {
    var wait = pollfd(fd: raw, events: Int16(POLLIN), revents: 0)
    return try systemCall("poll") { poll(&wait, 1, timeoutMilliseconds) } > 0
  }

  package func status() throws(SystemCallError) -> stat {
    var result = stat()
    try systemCall("fstat") { fstat(raw, &result) }
    return result
  }

  /// The path by which other calls of this process reach the same open file.
  package var procPath: String { "/proc/self/fd/\(raw)" }
}
