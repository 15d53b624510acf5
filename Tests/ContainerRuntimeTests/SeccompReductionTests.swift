import LinuxSystem
import Testing

@testable import ContainerRuntime

/// Each reduced filter against the one that libseccomp wrote, run by an interpreter of the kernel's rules.
@Suite struct SeccompReductionTests {
  private struct Call {
    var number: UInt32
    var architecture: UInt32
    var arguments: [UInt64] = [0, 0, 0, 0, 0, 0]

    /// The word at an offset of `seccomp_data`; little-endian.
    func word(_ offset: UInt32) -> UInt32 {
      switch offset {
      case 0: number
      case 4: architecture
      case 8..<16: 0
      default: UInt32(truncatingIfNeeded: arguments[Int(offset - 16) / 8] >> (offset % 8 == 0 ? 0 : 32))
      }
    }
  }

  private static func verdict(_ filter: SeccompFilter, _ call: Call) -> UInt32 {
    var accumulator: UInt32 = 0
    var index = 0
    while true {
      let instruction = filter.instructions[index]
      index += 1
      switch instruction.code {
      case .return: return instruction.value
      case .load: accumulator = call.word(instruction.value)
      case .and: accumulator &= instruction.value
      case .jump: index += Int(instruction.value)
      case .jumpIfEqual: index += Int(accumulator == instruction.value ? instruction.whenTrue : instruction.whenFalse)
      case .jumpIfGreater: index += Int(accumulator > instruction.value ? instruction.whenTrue : instruction.whenFalse)
      case .jumpIfNotLess: index += Int(accumulator >= instruction.value ? instruction.whenTrue : instruction.whenFalse)
      case .jumpIfAnyBit: index += Int(accumulator & instruction.value != 0 ? instruction.whenTrue : instruction.whenFalse)
      default: Issue.record("code \(instruction.code)")
      }
    }
  }

  private static let x86: UInt32 = 0x4000_0003
  private static let x86_64: UInt32 = 0xc000_003e

  /// Numbers around every edge of the three ABIs, architectures that exist and that do not, and arguments around those that
  /// the profiles name.
  private static let calls: [Call] = {
    let low: [UInt32] = Array(0..<600)
    let numbers = low + low.map { 0x4000_0000 + $0 } + [0x3fff_ffff, 0x7fff_ffff, 0x8000_0000, .max - 1, .max]
    let arguments: [[UInt64]] = [
      [0, 0, 0, 0, 0, 0], [40, 3, 0, 0, 0, 0], [8, 1, 2, 3, 4, 5], [0x20000, 0x20008, 0, 0, 0, 0], [.max, .max, 0, 0, 0, 0],
      [1 << 32, 1 << 32, 0, 0, 0, 0], [0x7e02_0000, 0, 0, 0, 0, 0], [(1 << 32) + 40, (1 << 32) + 3, 0, 0, 0, 0],
    ]
    return [x86, x86_64, 0, x86 + 1, x86_64 - 1, .max].flatMap { architecture in
      numbers.flatMap { number in arguments.map { Call(number: number, architecture: architecture, arguments: $0) } }
    }
  }()

  private func agrees(_ profile: SeccompProfile, atMost share: Double) throws {
    let whole = try #require(SeccompFilter(try SeccompCompiler.translate(profile)))
    let reduced = try #require(SeccompFilter(try SeccompCompiler.compile(profile)))
    #expect(Double(reduced.instructions.count) <= share * Double(whole.instructions.count))
    let different = Self.calls.filter { Self.verdict(whole, $0) != Self.verdict(reduced, $0) }
    #expect(different.isEmpty, "\(different.count) calls, the first \(different[0])")
    // Something is decided at all.
    #expect(Set(Self.calls.map { Self.verdict(whole, $0) }).count > 1)
  }

  @Test(arguments: [[], ["SYS_ADMIN"], ["SYS_PTRACE", "SYS_TIME", "BPF", "PERFMON"]])
  func theDefaultProfileMeansTheSame(capabilities: [String]) throws {
    var set = Capabilities()
    for name in capabilities { _ = set.insert(name) }
    try agrees(.runtimeDefault(set), atMost: 0.4)
  }

  @Test func profilesWithEveryActionAndComparisonMeanTheSame() throws {
    var profile = SeccompProfile(
      defaultAction: .fail(38), rules: [SeccompProfile.Rule(["read", "write", "exit_group"])],
      architectures: SeccompProfile.relatedArchitectures)
    let comparisons: [SeccompProfile.Comparison] = [
      .equal(40), .notEqual(3), .less(8), .lessOrEqual(1 << 32), .greater(40), .greaterOrEqual(0x20000),
      .masked(0x7e02_0000, equals: 0), .masked(3, equals: 1),
    ]
    let actions: [SeccompProfile.Action] = [.allow, .fail(13), .killThread, .killProcess, .trap, .trace(7), .log, .allow]
    let names = ["socket", "clone", "kill", "mkdir", "personality", "ioctl", "prctl", "unlinkat"]
    for (index, name) in names.enumerated() {
      let conditions = [SeccompProfile.Condition(argument: index % 2, comparison: comparisons[index])]
      profile.rules.append(SeccompProfile.Rule([name], actions[index], conditions))
      profile.rules.append(
        SeccompProfile.Rule(
          ["openat"], .fail(Int32(index + 1)),
          conditions + [SeccompProfile.Condition(argument: 2, comparison: .equal(UInt64(index)))]))
    }
    profile.rules.append(SeccompProfile.Rule(["reboot"], .killProcess))
    try agrees(profile, atMost: 1)
  }

  @Test func aFilterThatAllowsAllButOneCallMeansTheSame() throws {
    let profile = SeccompProfile(
      defaultAction: .allow, rules: [SeccompProfile.Rule(["mkdirat"], .fail(1))], architectures: [])
    try agrees(profile, atMost: 1)
  }

  @Test func leavesAloneWhatIsNotForeseen() {
    let number = SeccompFilter.Instruction(code: .load, value: SeccompFilter.numberOffset)
    let allow = SeccompFilter.Instruction(code: .return, value: 0x7fff_0000)
    let unforeseen: [[SeccompFilter.Instruction]] = [
      // Arithmetic with the number, its bits, a negation, a comparison of nothing, a way out of the program.
      [number, .init(code: .and, value: 1), allow],
      [number, .init(code: .jumpIfAnyBit, value: 1), allow],
      [number, .init(code: SeccompFilter.Code(rawValue: 0x84), value: 0), allow],
      [.init(code: .jumpIfEqual, value: 1), allow],
      [number, .init(code: .jumpIfEqual, whenTrue: 9, value: 1), allow],
      [],
    ]
    for instructions in unforeseen {
      let filter = SeccompFilter(instructions)
      #expect(SeccompReduction.reduce(filter) == filter)
    }
    #expect(SeccompFilter([1, 2, 3]) == nil)
  }

  /// Jumps of a comparison reach 255 instructions; what lies further away is bridged.
  @Test func distantPlacesAreReached() throws {
    var instructions: [SeccompFilter.Instruction] = [.init(code: .load, value: SeccompFilter.numberOffset)]
    // Each even number has an action of its own, so that no action is shared and the tree is long.
    for number: UInt32 in 0..<1000 {
      instructions.append(.init(code: .jumpIfEqual, whenFalse: 1, value: 2 * number))
      instructions.append(.init(code: .return, value: 0x0005_0000 | number))
    }
    instructions.append(.init(code: .return, value: 0x7fff_0000))
    // Padding that is never reached, so that the result counts as smaller.
    instructions += [SeccompFilter.Instruction](repeating: .init(code: .return, value: 0), count: 3000)
    let filter = SeccompFilter(instructions)
    let reduced = SeccompReduction.reduce(filter)
    #expect(reduced.instructions.count < filter.instructions.count)
    for number: UInt32 in 0..<2100 {
      let call = Call(number: number, architecture: Self.x86_64)
      #expect(Self.verdict(reduced, call) == Self.verdict(filter, call))
    }
  }
}
