/// A program of the kernel's classic BPF over a `seccomp_data` (linux/filter.h, seccomp(2)): jumps go forward only.
struct SeccompFilter: Equatable {
  /// As `struct sock_filter` has it.
  struct Instruction: Equatable {
    var code: Code
    /// How many instructions are passed over when the comparison holds, and when it does not.
    var whenTrue: UInt8 = 0
    var whenFalse: UInt8 = 0
    var value: UInt32
  }

  struct Code: RawRepresentable, Hashable {
    var rawValue: UInt16

    /// The accumulator becomes the word at an offset of `seccomp_data`.
    static let load = Code(rawValue: 0x20)
    static let jump = Code(rawValue: 0x05)
    static let jumpIfEqual = Code(rawValue: 0x15)
    static let jumpIfGreater = Code(rawValue: 0x25)
    static let jumpIfNotLess = Code(rawValue: 0x35)
    static let jumpIfAnyBit = Code(rawValue: 0x45)
    static let and = Code(rawValue: 0x54)
    static let `return` = Code(rawValue: 0x06)

    var isComparison: Bool { [.jumpIfEqual, .jumpIfGreater, .jumpIfNotLess, .jumpIfAnyBit].contains(self) }

    /// Whether a comparison holds.
    func holds(_ accumulator: UInt32, _ value: UInt32) -> Bool {
      switch self {
      case .jumpIfEqual: accumulator == value
      case .jumpIfGreater: accumulator > value
      case .jumpIfNotLess: accumulator >= value
      default: accumulator & value != 0
      }
    }
  }

  /// Offsets into `seccomp_data`; the arguments follow.
  static let numberOffset: UInt32 = 0
  static let architectureOffset: UInt32 = 4

  private static let instructionBytes = 8

  var instructions: [Instruction]

  /// Which may come next; of a comparison first where it leads when it holds.
  func successors(of index: Int) -> [Int] {
    let instruction = instructions[index]
    return switch instruction.code {
    case .return: []
    case .jump: [index + 1 + Int(instruction.value)]
    case let code where code.isComparison:
      [index + 1 + Int(instruction.whenTrue), index + 1 + Int(instruction.whenFalse)]
    default: [index + 1]
    }
  }

  init(_ instructions: [Instruction]) { self.instructions = instructions }

  /// nil when these are not whole instructions. In this machine's byte order, as the kernel takes them.
  init?(_ bytes: [UInt8]) {
    guard bytes.count.isMultiple(of: Self.instructionBytes) else { return nil }
    instructions = bytes.withUnsafeBytes { raw in
      stride(from: 0, to: raw.count, by: Self.instructionBytes).map { offset in
        Instruction(
          code: Code(rawValue: raw.loadUnaligned(fromByteOffset: offset, as: UInt16.self)),
          whenTrue: raw[offset + 2], whenFalse: raw[offset + 3],
          value: raw.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
      }
    }
  }

  var bytes: [UInt8] {
    instructions.flatMap { instruction in
      withUnsafeBytes(of: instruction.code.rawValue, Array.init) + [instruction.whenTrue, instruction.whenFalse]
        + withUnsafeBytes(of: instruction.value, Array.init)
    }
  }
}
