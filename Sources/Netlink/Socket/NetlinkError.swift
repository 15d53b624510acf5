import Glibc
import LinuxSystem

/// The kernel refused a netlink request.
package struct NetlinkError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was asked for, in words: `create link sw1234`.
  package var operation: String
  package var errno: Int32
  /// The kernel's own explanation (extended acknowledgement); empty when it gave none.
  package var message: String

  package init(operation: String, errno: Int32, message: String = "") {
    self.operation = operation
    self.errno = errno
    self.message = message
  }

  /// `create link eth0: file exists (rtnl: name is taken)`
  package var description: String {
    let reason = "\(operation): \(SystemCallError.text(of: errno))"
    return message.isEmpty ? reason : "\(reason) (\(message))"
  }
}
