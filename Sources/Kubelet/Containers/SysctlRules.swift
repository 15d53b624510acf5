/// Which kernel parameters pods of this node may set: those that are namespaced and disturb no other pod, and what
/// `--allowed-unsafe-sysctls` adds.
package struct SysctlRules: Sendable, Hashable {
  package enum Namespace: String, Sendable, Hashable {
    case ipc = "IPC"
    case network = "Net"
  }

  /// A pattern that names no namespaced parameter.
  package struct InvalidPattern: Error, Sendable, Hashable, CustomStringConvertible {
    package var description: String
  }

  package static let safe = [
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range",
    "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_wmem",
  ]

  private static let prefixes: [(prefix: String, namespace: Namespace)] = [
    ("kernel.shm", .ipc), ("kernel.msg", .ipc), ("fs.mqueue.", .ipc), ("net.", .network),
  ]

  private let patterns: [String]

  /// - Parameter unsafe: names, or beginnings of names that end in `*`.
  package init(allowingUnsafe unsafe: [String] = []) throws(InvalidPattern) {
    let patterns = unsafe.map(Self.dotted)
    for pattern in patterns where Self.namespace(of: pattern) == nil {
      let subject = pattern.hasSuffix("*") ? "sysctls" : "sysctl"
      throw InvalidPattern(description: "the \(subject) \"\(pattern)\" are not known to be namespaced")
    }
    self.patterns = Self.safe + patterns
  }

  /// Why a pod may not set the parameter; nil when it may.
  package func refusal(_ name: String, hostNetwork: Bool, hostIPC: Bool) -> String? {
    let name = Self.dotted(name)
    guard patterns.contains(where: { Self.matches(name, $0) }) else { return "\"\(name)\" not allowlisted" }
    let namespace = Self.namespace(of: name)
    guard (namespace == .ipc && hostIPC) || (namespace == .network && hostNetwork) else { return nil }
    return "\"\(name)\" not allowed with host \(namespace?.rawValue ?? "") enabled"
  }

  private static func matches(_ name: String, _ pattern: String) -> Bool {
    pattern.hasSuffix("*") ? name.hasPrefix(pattern.dropLast()) : name == pattern
  }

  private static func namespace(of name: String) -> Namespace? {
    if name == "kernel.sem" { return .ipc }
    return prefixes.first { name.hasPrefix($0.prefix) }?.namespace
  }

  /// With slashes as separators, dots belong to the names (sysctl.d(5)).
  private static func dotted(_ name: String) -> String {
    guard let separator = name.first(where: { $0 == "." || $0 == "/" }), separator == "/" else { return name }
    return String(name.map { $0 == "/" ? "." : $0 == "." ? "/" : $0 })
  }
}
