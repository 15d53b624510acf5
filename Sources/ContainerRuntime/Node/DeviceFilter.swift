import CLinux
import LinuxSystem

/// Which devices the processes of a cgroup may use, as a BPF program on the group (cgroup v2 has no device files). A
/// container may make any node with CAP_MKNOD; opening it is another matter.
package struct DeviceFilter: Sendable, Equatable {
  package enum Kind: UInt32, Sendable {
    case block = 1
    case character = 2
  }

  package struct Rule: Sendable, Equatable {
    package var kind: Kind
    package var major: UInt32
    /// nil: all.
    package var minor: UInt32?
  }

  /// What is open to read and write; making nodes is allowed for all.
  package var rules: [Rule]

  /// runtime-spec's default devices, consoles and terminals.
  package static let containerDefault = DeviceFilter(
    rules: [
      Rule(kind: .character, major: 1, minor: 3), Rule(kind: .character, major: 1, minor: 5),
      Rule(kind: .character, major: 1, minor: 7), Rule(kind: .character, major: 1, minor: 8),
      Rule(kind: .character, major: 1, minor: 9), Rule(kind: .character, major: 5, minor: 0),
      Rule(kind: .character, major: 5, minor: 2), Rule(kind: .character, major: 136, minor: nil),
    ])

  /// Hands the program to the kernel's verifier, once for all groups: that takes longer than anything else about a
  /// container's cgroup.
  ///
  /// - Throws: `SystemCallError` of bpf(2), which needs CAP_SYS_ADMIN and a kernel with cgroup BPF.
  package func load() throws(SystemCallError) -> LoadedDeviceFilter {
    let program = instructions()
    return LoadedDeviceFilter(
      Descriptor(owning: try systemCall("bpf") { cl_load_device_filter(program, UInt32(program.count)) }))
  }

  // MARK: The program

  // struct bpf_cgroup_dev_ctx: access_type (kind in the low half, access in the high), major, minor; 32 bits each.
  private static let accessOffset: Int16 = 0
  private static let majorOffset: Int16 = 4
  private static let minorOffset: Int16 = 8
  private static let accessMakeNode: Int32 = 1

  private enum Register: UInt8 {
    case result = 0
    case context = 1
    case kind = 2
    case access = 3
    case major = 4
    case minor = 5
  }

  /// Instructions as the kernel takes them, 8 bytes each: code, registers, offset, immediate.
  package func instructions() -> [UInt64] {
    var program = [
      load(.kind, Self.accessOffset), immediate(andCode, .kind, 0xffff),
      load(.access, Self.accessOffset), immediate(shiftRightCode, .access, 16),
      load(.major, Self.majorOffset), load(.minor, Self.minorOffset),
      // Making a node and nothing else.
      jump(.access, Self.accessMakeNode, over: 2), immediate(moveCode, .result, 1), exitInstruction,
    ]
    for rule in rules { program += instructions(rule) }
    return program + [immediate(moveCode, .result, 0), exitInstruction]
  }

  private func instructions(_ rule: Rule) -> [UInt64] {
    let allow = [immediate(moveCode, .result, 1), exitInstruction]
    var tests: [(Register, UInt32)] = [(.kind, rule.kind.rawValue), (.major, rule.major)]
    if let minor = rule.minor { tests.append((.minor, minor)) }
    let compared = tests.enumerated().map { index, test in
      jump(test.0, Int32(test.1), over: Int16(tests.count - index - 1 + allow.count))
    }
    return compared + allow
  }

  private let andCode: UInt8 = 0x57  // BPF_ALU64 | BPF_AND | BPF_K
  private let shiftRightCode: UInt8 = 0x77  // BPF_ALU64 | BPF_RSH | BPF_K
  private let moveCode: UInt8 = 0xb7  // BPF_ALU64 | BPF_MOV | BPF_K
  private let exitInstruction: UInt64 = 0x95  // BPF_JMP | BPF_EXIT

  private func load(_ register: Register, _ offset: Int16) -> UInt64 {
    // BPF_LDX | BPF_W | BPF_MEM
    encode(0x61, destination: register, source: .context, offset: offset, immediate: 0)
  }

  private func immediate(_ code: UInt8, _ register: Register, _ value: Int32) -> UInt64 {
    encode(code, destination: register, source: .result, offset: 0, immediate: value)
  }

  /// BPF_JMP | BPF_JNE | BPF_K: skips instructions unless the register has the value.
  private func jump(_ register: Register, _ value: Int32, over count: Int16) -> UInt64 {
    encode(0x55, destination: register, source: .result, offset: count, immediate: value)
  }

  private func encode(
    _ code: UInt8, destination: Register, source: Register, offset: Int16, immediate: Int32
  ) -> UInt64 {
    UInt64(code) | UInt64(destination.rawValue) << 8 | UInt64(source.rawValue) << 12
      | UInt64(UInt16(bitPattern: offset)) << 16 | UInt64(UInt32(bitPattern: immediate)) << 32
  }

  package init(rules: [Rule]) {
    self.rules = rules
  }
}

/// A filter that the kernel has; it lives as long as this value or a group that it is attached to.
package struct LoadedDeviceFilter: Sendable {
  private let program: Descriptor

  fileprivate init(_ program: Descriptor) { self.program = program }

  package func attach(to group: Cgroup) throws(SystemCallError) {
    let directory = try group.open()
    try systemCall("bpf", path: group.path) { cl_attach_device_filter(directory.raw, program.raw) }
  }
}
