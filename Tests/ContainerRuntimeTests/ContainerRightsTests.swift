import Glibc
import LinuxSystem
import Testing

@testable import ContainerRuntime

@Suite struct ContainerRightsTests {
  static let defaults: UInt64 = 0xa804_25fb

  @Test(arguments: [
    ([], [], defaults), (["NET_ADMIN"], [], defaults | 1 << 12), (["CAP_NET_ADMIN"], [], defaults | 1 << 12),
    ([], ["ALL"], 0), ([], ["all"], 0), (["NET_BIND_SERVICE"], ["ALL"], 1 << 10), ([], ["CHOWN", "KILL"], defaults & ~0x21),
    (["ALL"], [], Capabilities.all.bits), (["ALL"], ["SYS_ADMIN"], Capabilities.all.bits & ~(1 << 21)),
    (["SYS_ADMIN"], ["SYS_ADMIN"], defaults),
  ] as [([String], [String], UInt64)])
  func capabilitiesAreAddedAndDropped(add: [String], drop: [String], expected: UInt64) throws {
    let security = ContainerSecurity(addCapabilities: add, dropCapabilities: drop)
    #expect(try ContainerCapabilities.bounding(security, permitted: .all).bits == expected)
  }

  @Test func nothingIsGivenThatTheMachineDoesNotHave() throws {
    let permitted = Capabilities(bits: 0b11)
    #expect(try ContainerCapabilities.bounding(ContainerSecurity(privileged: true), permitted: permitted) == permitted)
    #expect(try ContainerCapabilities.bounding(ContainerSecurity(addCapabilities: ["ALL"]), permitted: permitted).bits == 0b11)
  }

  @Test func anUnknownCapabilityIsNamed() {
    let error = #expect(throws: RuntimeError.self) {
      try ContainerCapabilities.bounding(ContainerSecurity(addCapabilities: ["FLY"]), permitted: .all)
    }
    #expect(error?.message == "unknown capability \"FLY\"")
  }

  @Test(arguments: [
    ("", Int32(15)), ("SIGTERM", 15), ("term", 15), ("9", 9), ("SIGRTMIN+3", 37), ("RTMAX-2", 62), ("SIGWINCH", 28),
  ])
  func signalsHaveNames(name: String, number: Int32) throws {
    #expect(try SignalName.number(name) == number)
  }

  @Test(arguments: ["SIGNOPE", "0", "65", "RTMIN+40"]) func whatIsNoSignalIsNamed(name: String) {
    let error = #expect(throws: RuntimeError.self) { try SignalName.number(name) }
    #expect(error?.message == "unknown signal \"\(name)\"")
  }

  // MARK: Seccomp

  @Test func theProfileGrowsWithCapabilities() {
    let plain = SeccompProfile.runtimeDefault(Capabilities(bits: Self.defaults))
    let calls = Set(plain.rules.flatMap(\.calls))
    #expect(plain.defaultAction == .fail(EPERM))
    #expect(calls.isSuperset(of: ["read", "openat2", "clone", "chroot", "rseq"]))
    #expect(calls.isDisjoint(with: ["mount", "bpf", "unshare", "keyctl", "io_uring_setup", "userfaultfd", "reboot", "kexec_load"]))
    #expect(plain.rules.contains { $0.calls == ["clone3"] && $0.action == .fail(ENOSYS) })
    let admin = SeccompProfile.runtimeDefault(.all)
    #expect(Set(admin.rules.flatMap(\.calls)).isSuperset(of: ["mount", "bpf", "unshare", "clone3", "reboot"]))
    #expect(!admin.rules.contains { $0.action == .fail(ENOSYS) })
  }

  @Test func theFilterCompilesToWhatTheKernelTakes() throws {
    for bits in [0, Self.defaults, Capabilities.all.bits] {
      let filter = try SeccompCompiler.compile(.runtimeDefault(Capabilities(bits: bits)))
      #expect(filter.count % 8 == 0)
      #expect(8 * 100...8 * 4096 ~= filter.count)
    }
  }

  /// `configs/seccomp/default.json` is for people and other runtimes; what is built in must not drift from it.
  @Test func theFileOfTheProfileSaysTheSame() throws {
    let directory = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let text = String(decoding: try FileTree.read("/\(directory)/configs/seccomp/default.json"), as: UTF8.self)
    let words = Set(text.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init))
    let calls = Set(SeccompProfile.runtimeDefault(.all).rules.flatMap(\.calls))
    #expect(calls.subtracting(words) == [])
    let listed = text.split(separator: "\"names\"").dropFirst().flatMap { part in
      part.prefix { $0 != "]" }.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
    }
    #expect(Set(listed).subtracting(calls) == [])
  }

  // MARK: Devices

  /// Runs the program on (kind, access, major, minor) as the kernel would.
  private func isAllowed(_ program: [UInt64], kind: UInt32, access: UInt32, major: UInt32, minor: UInt32) -> Bool {
    let context: [Int16: UInt64] = [0: UInt64(access << 16 | kind), 4: UInt64(major), 8: UInt64(minor)]
    var registers = [UInt64](repeating: 0, count: 6)
    var position = 0
    while true {
      let instruction = program[position]
      let destination = Int(instruction >> 8 & 15)
      let offset = Int16(bitPattern: UInt16(truncatingIfNeeded: instruction >> 16))
      let immediate = UInt64(instruction >> 32)
      position += 1
      switch instruction & 0xff {
      case 0x61: registers[destination] = context[offset] ?? 0
      case 0x57: registers[destination] &= immediate
      case 0x77: registers[destination] >>= immediate
      case 0xb7: registers[destination] = immediate
      case 0x55: if registers[destination] != immediate { position += Int(offset) }
      default: return registers[0] != 0
      }
    }
  }

  @Test(arguments: [
    // kind (1 block, 2 character), access (1 mknod, 2 read, 4 write), major, minor
    (2, 6, 1, 3, true), (2, 2, 1, 9, true), (2, 4, 136, 7, true), (2, 6, 5, 2, true),
    (2, 6, 1, 1, false), (1, 2, 8, 0, false), (2, 2, 10, 229, false), (1, 6, 1, 3, false),
    (1, 1, 8, 0, true), (2, 1, 1, 1, true), (1, 3, 8, 0, false),
  ] as [(UInt32, UInt32, UInt32, UInt32, Bool)])
  func devicesAreOpenedByTheList(kind: UInt32, access: UInt32, major: UInt32, minor: UInt32, expected: Bool) {
    let program = DeviceFilter.containerDefault.instructions()
    #expect(isAllowed(program, kind: kind, access: access, major: major, minor: minor) == expected)
  }
}
