import CLinux
import CSeccomp
import Glibc
import LinuxSystem

/// Turns a profile into the BPF program that the kernel runs at each system call, with libseccomp and `SeccompReduction`.
package enum SeccompCompiler {
  /// A filter is at most 4096 instructions of 8 bytes (`BPF_MAXINSNS`).
  private static let maximumBytes = 4096 * 8

  /// - Throws: `SystemCallError` with the name of libseccomp's function.
  package static func compile(_ profile: SeccompProfile) throws(SystemCallError) -> [UInt8] {
    let bytes = try translate(profile)
    return SeccompFilter(bytes).map { SeccompReduction.reduce($0).bytes } ?? bytes
  }

  /// As libseccomp writes it.
  static func translate(_ profile: SeccompProfile) throws(SystemCallError) -> [UInt8] {
    guard let context = seccomp_init(action(profile.defaultAction)) else {
      throw SystemCallError(call: "seccomp_init", errno: EINVAL)
    }
    defer { seccomp_release(context) }
    // A tree instead of a list: a few comparisons per call instead of hundreds.
    try check("seccomp_attr_set", seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2))
    try add(profile.architectures, to: context)
    for rule in profile.rules where rule.action != profile.defaultAction {
      for call in rule.calls { try add(call, rule, to: context) }
    }
    return try export(context)
  }

  private static func add(_ architectures: [String], to context: scmp_filter_ctx) throws(SystemCallError) {
    for architecture in architectures {
      let result = seccomp_arch_add(context, seccomp_arch_resolve_name(architecture))
      if result != -EEXIST { try check("seccomp_arch_add \(architecture)", result) }
    }
  }

  private static func add(
    _ call: String, _ rule: SeccompProfile.Rule, to context: scmp_filter_ctx
  ) throws(SystemCallError) {
    let number = seccomp_syscall_resolve_name(call)
    // A name that this libseccomp does not know cannot be allowed; the default action holds.
    guard number != __NR_SCMP_ERROR else { return }
    let conditions = rule.conditions.map(comparison)
    let result = seccomp_rule_add_array(
      context, action(rule.action), number, UInt32(conditions.count), conditions)
    try check("seccomp_rule_add \(call)", result)
  }

  private static func comparison(_ condition: SeccompProfile.Condition) -> scmp_arg_cmp {
    let argument = UInt32(condition.argument)
    return switch condition.comparison {
    case .equal(let value): scmp_arg_cmp(arg: argument, op: SCMP_CMP_EQ, datum_a: value, datum_b: 0)
    case .notEqual(let value): scmp_arg_cmp(arg: argument, op: SCMP_CMP_NE, datum_a: value, datum_b: 0)
    case .less(let value): scmp_arg_cmp(arg: argument, op: SCMP_CMP_LT, datum_a: value, datum_b: 0)
    case .lessOrEqual(let value): scmp_arg_cmp(arg: argument, op: SCMP_CMP_LE, datum_a: value, datum_b: 0)
    case .greater(let value): scmp_arg_cmp(arg: argument, op: SCMP_CMP_GT, datum_a: value, datum_b: 0)
    case .greaterOrEqual(let value): scmp_arg_cmp(arg: argument, op: SCMP_CMP_GE, datum_a: value, datum_b: 0)
    case .masked(let mask, let value): scmp_arg_cmp(arg: argument, op: SCMP_CMP_MASKED_EQ, datum_a: mask, datum_b: value)
    }
  }

  private static func action(_ action: SeccompProfile.Action) -> UInt32 {
    switch action {
    case .allow: 0x7fff_0000  // SCMP_ACT_ALLOW
    case .fail(let errno): 0x0005_0000 | UInt32(errno) & 0xffff  // SCMP_ACT_ERRNO
    case .killThread: 0x0000_0000  // SCMP_ACT_KILL_THREAD
    case .killProcess: 0x8000_0000  // SCMP_ACT_KILL_PROCESS
    case .trap: 0x0003_0000  // SCMP_ACT_TRAP
    case .trace(let message): 0x7ff0_0000 | UInt32(message)  // SCMP_ACT_TRACE
    case .log: 0x7ffc_0000  // SCMP_ACT_LOG
    }
  }

  private static func export(_ context: scmp_filter_ctx) throws(SystemCallError) -> [UInt8] {
    let memory = Descriptor(owning: try systemCall("memfd_create") { cl_memory_file("seccomp") })
    try check("seccomp_export_bpf", seccomp_export_bpf(context, memory.raw))
    try systemCall("lseek") { lseek(memory.raw, 0, SEEK_SET) }
    return try FileTree.read(memory, maximumBytes: maximumBytes)
  }

  private static func check(_ call: String, _ result: Int32) throws(SystemCallError) {
    if result < 0 { throw SystemCallError(call: call, errno: -result) }
  }
}
