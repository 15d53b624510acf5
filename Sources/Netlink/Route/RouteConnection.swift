import Glibc
import LinuxSystem

/// Interfaces, addresses, routes and neighbours of one network namespace. One user at a time.
package final class RouteConnection {
  private let connection: NetlinkConnection

  package init(_ channel: any NetlinkChannel) { connection = NetlinkConnection(channel) }

  /// Talks to the namespace of the calling thread.
  package convenience init() throws { self.init(try NetlinkSocket(.route)) }

  /// Talks to another namespace; see `NetworkNamespace.openSocket`.
  package convenience init(in namespace: Descriptor) throws {
    self.init(try NetworkNamespace.openSocket(.route, in: namespace))
  }

  /// Several changes in one round trip. Each is done whether or not another fails; the first failure is thrown.
  package func perform(_ requests: [(message: NetlinkMessage, operation: String)]) throws {
    try connection.perform(requests)
  }

  package func perform(_ message: NetlinkMessage, _ operation: @autoclosure () -> String) throws {
    try connection.perform(message, operation())
  }

  package func links() throws -> [Link] {
    try connection.dump(LinkMessage.list(), "list links").compactMap(Link.init)
  }

  /// Nil when there is no such interface.
  package func link(named name: String) throws -> Link? {
    do {
      return Link(try connection.query(LinkMessage.get(name: name), "find link \(name)"))
    } catch let error as NetlinkError where error.errno == ENODEV {
      return nil
    }
  }

  package func routes() throws -> [Route] {
    try connection.dump(RouteMessage.list(), "list routes").compactMap(Route.init)
  }

  package func addresses() throws -> [InterfaceAddress] {
    try connection.dump(AddressMessage.list(), "list addresses").compactMap(InterfaceAddress.init)
  }

  package func neighbours() throws -> [Neighbour] {
    try connection.dump(NeighbourMessage.list(), "list neighbours").compactMap(Neighbour.init)
  }
}
