/// The profile of containers that ask for none of their own, in AppArmor's language (apparmor.d(5)): what a container may do
/// by its namespaces and capabilities, without what reaches the machine through files of the kernel.
struct AppArmorProfileText {
  var name: String
  /// The file, below `/etc/apparmor.d`, of the kernel features that the rules are meant for; nil: the running kernel's.
  var features: String?

  var text: String {
    ([features.map { "abi <\($0)>,\n" } ?? "", "profile \"\(name)\" flags=(attach_disconnected, mediate_deleted) {"]
      + (Self.allowed + among + Self.denied).map { "  \($0)," } + ["}", ""]).joined(separator: "\n")
  }

  private static let allowed = ["capability", "file", "network", "umount"]

  /// Processes of such containers among themselves; the machine's may signal and trace them.
  private var among: [String] {
    let own = "peer=\"\(name)\""
    return [
      "signal (receive) peer=unconfined", "signal (send, receive) \(own)",
      "ptrace (trace, read, tracedby, readby) \(own)", "ptrace (tracedby, readby) peer=unconfined",
    ]
  }

  private static let denied =
    ["deny mount", "deny /proc/* w"]
    + ["kcore", "kmem", "mem", "sysrq-trigger"].map { "deny /proc/\($0) rwklx" }
    // By what they are called: of the directories below /proc those of processes are left.
    + ["acpi", "asound", "bus", "driver", "fs", "irq", "scsi", "tty"].map { "deny /proc/\($0)/** wklx" }
    // Of /proc/sys, shared memory's sizes in the pod's own IPC namespace are left.
    + ["deny /proc/sys/[^k]** wklx"]
    + ["[^s]**", "s[^h]**", "sh[^m]**"].map { "deny /proc/sys/kernel/\($0) wklx" }
    + ["block", "bus", "class", "dev", "devices", "hypervisor", "kernel", "module", "power"].map { "deny /sys/\($0)/** wklx" }
    // Of /sys/fs, the container's control groups are left.
    + ["[^c]**", "c[^g]**"].map { "deny /sys/fs/\($0) wklx" }
    + ["firmware", "devices/virtual/powercap", "kernel/security"].map { "deny /sys/\($0)/** rwklx" }
}
