import CLinux
import Glibc

/// A set of capabilities(7), by number.
package struct Capabilities: Sendable, Equatable {
  package var bits: UInt64

  package init(bits: UInt64 = 0) {
    self.bits = bits
  }

  /// In the order of their numbers (linux/capability.h, Linux 5.9 and later).
  package static let names = [
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
    "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
    "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
    "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
    "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
    "CHECKPOINT_RESTORE",
  ]

  /// `NET_ADMIN`, `CAP_NET_ADMIN` or `net_admin`; nil for what is none.
  package static func number(of name: String) -> Int? {
    let upper = name.uppercased()
    return names.firstIndex(of: upper.hasPrefix("CAP_") ? String(upper.dropFirst(4)) : upper)
  }

  package static let all = Capabilities(bits: (1 << UInt64(names.count)) - 1)

  package func contains(_ name: String) -> Bool {
    Capabilities.number(of: name).map { bits & (1 << UInt64($0)) != 0 } ?? false
  }

  package mutating func insert(_ name: String) -> Bool {
    guard let number = Capabilities.number(of: name) else { return false }
    bits |= 1 << UInt64(number)
    return true
  }

  package mutating func remove(_ name: String) -> Bool {
    guard let number = Capabilities.number(of: name) else { return false }
    bits &= ~(1 << UInt64(number))
    return true
  }

  /// What the calling process may use at most.
  package static func permitted() throws(SystemCallError) -> Capabilities {
    var effective: UInt64 = 0
    var permitted: UInt64 = 0
    var inheritable: UInt64 = 0
    try systemCall("capget") { cl_capget(&effective, &permitted, &inheritable) }
    return Capabilities(bits: permitted)
  }

  /// Drops from the bounding set whatever is not in `self`; needs CAP_SETPCAP still effective.
  package func setBounding() throws(SystemCallError) {
    for number in 0..<64 where bits & (1 << UInt64(number)) == 0 {
      if cl_prctl(PR_CAPBSET_DROP, UInt(number), 0, 0, 0) == 0 { continue }
      // The kernel's last capability: those beyond do not exist.
      if errno == EINVAL { return }
      throw SystemCallError(call: "prctl", errno: errno)
    }
  }

  /// Sets the three sets of the calling thread, each cut to what is permitted now.
  package static func set(
    effective: Capabilities, permitted: Capabilities, inheritable: Capabilities
  ) throws(SystemCallError) {
    let mask = try Capabilities.permitted().bits
    try systemCall("capset") {
      cl_capset(effective.bits & mask, permitted.bits & mask, inheritable.bits & mask)
    }
  }

  /// Makes this the ambient set, which survives exec by a user that is not root. Capabilities that the process does not
  /// have, or may not pass on, are left out.
  package func setAmbient() throws(SystemCallError) {
    try systemCall("prctl") { cl_prctl(PR_CAP_AMBIENT, UInt(PR_CAP_AMBIENT_CLEAR_ALL), 0, 0, 0) }
    for number in 0..<64 where bits & (1 << UInt64(number)) != 0 {
      if cl_prctl(PR_CAP_AMBIENT, UInt(PR_CAP_AMBIENT_RAISE), UInt(number), 0, 0) == 0 || errno == EPERM { continue }
      throw SystemCallError(call: "prctl", errno: errno)
    }
  }

  /// Keeps capabilities across the change from uid 0 to another.
  package static func keepAcrossIdentityChange(_ keep: Bool) throws(SystemCallError) {
    try systemCall("prctl") { cl_prctl(PR_SET_KEEPCAPS, keep ? 1 : 0, 0, 0, 0) }
  }
}
