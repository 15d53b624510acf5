import LinuxSystem

/// What is said to systemd-logind, and what it says (org.freedesktop.login1(5)): the values, without a connection.
package enum Logind {
  package static let name = "org.freedesktop.login1"
  private static let path = "/org/freedesktop/login1"
  private static let interface = "org.freedesktop.login1.Manager"

  /// Asks for signals of the machine's going down.
  package static var follow: DBusMessage {
    let rule = "type='signal',sender='\(name)',interface='\(interface)',member='PrepareForShutdown',path='\(path)'"
    return DBusMessage(
      call: "AddMatch", on: DBusConnection.name, path: "/org/freedesktop/DBus", destination: DBusConnection.name,
      [.string(rule)])
  }

  /// Asks for a lock that delays the machine's going down; the answer's descriptor is the lock, and closing it lets go.
  package static var inhibit: DBusMessage {
    DBusMessage(
      call: "Inhibit", on: interface, path: path, destination: name,
      [
        .string("shutdown"), .string("kubelet"), .string("Kubelet needs time to handle node shutdown"),
        .string("delay"),
      ])
  }

  /// Asks how long locks may delay, in microseconds.
  package static var delayLimit: DBusMessage {
    DBusMessage(
      call: "Get", on: "org.freedesktop.DBus.Properties", path: path, destination: name,
      [.string(interface), .string("InhibitDelayMaxUSec")])
  }

  package static func delayLimitSeconds(_ answer: [DBusValue]) -> Int? {
    guard case .variant(.uint64(let microseconds))? = answer.first else { return nil }
    return Int(clamping: microseconds / 1_000_000)
  }

  /// Asks whether the machine is going down already.
  package static var preparing: DBusMessage {
    DBusMessage(
      call: "Get", on: "org.freedesktop.DBus.Properties", path: path, destination: name,
      [.string(interface), .string("PreparingForShutdown")])
  }

  package static func isPreparing(_ answer: [DBusValue]) -> Bool? {
    guard case .variant(.boolean(let isPreparing))? = answer.first else { return nil }
    return isPreparing
  }

  /// Has logind read its configuration again.
  package static var reload: DBusMessage {
    DBusMessage(
      call: "KillUnit", on: "org.freedesktop.systemd1.Manager", path: "/org/freedesktop/systemd1",
      destination: "org.freedesktop.systemd1", [.string("systemd-logind.service"), .string("all"), .int32(1)])
  }

  /// Asks who logind is on the bus now.
  package static var owner: DBusMessage {
    DBusMessage(
      call: "GetNameOwner", on: DBusConnection.name, path: "/org/freedesktop/DBus", destination: DBusConnection.name,
      [.string(name)])
  }

  /// Whether the machine goes down (true) or does not after all; nil for a signal of something else.
  package static func isGoingDown(_ signal: DBusMessage) -> Bool? {
    guard signal.kind == .signal, signal.interface == interface, signal.member == "PrepareForShutdown",
      signal.path == path, case .boolean(let isGoingDown)? = try? signal.values().first
    else { return nil }
    return isGoingDown
  }
}
