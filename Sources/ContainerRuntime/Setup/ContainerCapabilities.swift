import LinuxSystem

/// Which capabilities a container has.
package enum ContainerCapabilities {
  /// What containerd and Docker give without being asked.
  package static let defaults = [
    "CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP",
    "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE",
  ]

  /// The bounding set: the defaults, plus what is added, minus what is dropped; `ALL` goes first either way, and a
  /// capability that is both added and dropped by name is dropped.
  ///
  /// - Parameter permitted: what this machine lets root have; nothing beyond it can be given.
  /// - Throws: `RuntimeError` naming an unknown capability.
  package static func bounding(
    _ security: ContainerSecurity, permitted: Capabilities
  ) throws(RuntimeError) -> Capabilities {
    if security.privileged { return permitted }
    var set = Capabilities()
    for name in defaults { _ = set.insert(name) }
    if security.addCapabilities.contains(where: isAll) { set = permitted }
    if security.dropCapabilities.contains(where: isAll) { set = Capabilities() }
    for name in security.addCapabilities where !isAll(name) {
      guard set.insert(name) else { throw unknown(name) }
    }
    for name in security.dropCapabilities where !isAll(name) {
      guard set.remove(name) else { throw unknown(name) }
    }
    return Capabilities(bits: set.bits & permitted.bits)
  }

  private static func isAll(_ name: String) -> Bool { name.uppercased() == "ALL" }

  private static func unknown(_ name: String) -> RuntimeError {
    RuntimeError(.createContainer, "unknown capability \"\(name)\"")
  }
}
