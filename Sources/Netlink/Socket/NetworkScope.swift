import Glibc
import LinuxSystem

/// The network namespace that a component works in: the process's own, or one given by path, as when several nodes run
/// on one machine.
package struct NetworkScope: Sendable {
  private let namespace: Descriptor?

  /// - Parameter path: a namespace file such as `/run/netns/node1`; nil for the process's own.
  /// - Throws: `SystemCallError`.
  package init(path: String? = nil) throws(SystemCallError) {
    if let path { namespace = try Descriptor.open(path, O_RDONLY) } else { namespace = nil }
  }

  package func openSocket(_ family: NetlinkFamily) throws -> NetlinkSocket {
    guard let namespace else { return try NetlinkSocket(family) }
    return try NetworkNamespace.openSocket(family, in: namespace)
  }

  package func routes() throws -> RouteConnection { RouteConnection(try openSocket(.route)) }

  /// Sets a file below `/proc/sys/net`, which shows the namespace of the thread that opens it.
  package func setSysctl(_ name: String, _ value: String) throws {
    let path = "/proc/sys/net/" + name
    guard let namespace else { return try FileTree.write(value, to: path) }
    try NetworkNamespace.run(in: namespace) { try FileTree.write(value, to: path) }
  }
}
