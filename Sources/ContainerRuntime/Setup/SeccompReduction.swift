/// Makes a filter small that decides mostly by the call's number. The kernel translates and compiles a filter anew for each
/// process that installs one, which for libseccomp's 1200 instructions of the default profile was a quarter of a command's
/// start in a container; as ranges of numbers in a tree they are 313. What looks at a call's arguments is taken over as it is.
///
/// Pure: how the given filter ends is tried for each architecture and number between which it can tell a difference.
struct SeccompReduction {
  /// How a filter ends for an architecture and a number.
  private enum Outcome: Hashable {
    case action(UInt32)
    /// It looks at an argument first, in the instruction of that index.
    case asks(at: Int)
  }

  /// Values from `start` to the next one's.
  private struct Interval<Target: Hashable>: Hashable {
    var start: UInt32
    var target: Target
  }

  private let filter: SeccompFilter
  private var assembler: SeccompAssembler

  /// The same filter with fewer instructions; the given one where it does something that is not foreseen here, or nothing
  /// is gained.
  static func reduce(_ filter: SeccompFilter) -> SeccompFilter {
    guard let starts = SeccompStarts(filter) else { return filter }
    var reduction = SeccompReduction(filter: filter, assembler: SeccompAssembler(filter))
    let architectures = starts.architectures.map { architecture in
      let outcomes = starts.numbers.map { Interval(start: $0, target: reduction.outcome($0, architecture)) }
      return Interval(start: architecture, target: merge(outcomes))
    }
    let reduced = reduction.assemble(merge(architectures))
    return reduced.instructions.count < filter.instructions.count ? reduced : filter
  }

  private static func merge<Target: Hashable>(_ ranges: [Interval<Target>]) -> [Interval<Target>] {
    ranges.reduce(into: []) { merged, range in
      if merged.last?.target != range.target { merged.append(range) }
    }
  }

  /// `SeccompStarts` has seen to it that nothing else is met before an argument is loaded.
  private func outcome(_ number: UInt32, _ architecture: UInt32) -> Outcome {
    var accumulator: UInt32 = 0
    var index = 0
    while true {
      let instruction = filter.instructions[index]
      index += 1
      switch instruction.code {
      case .return: return .action(instruction.value)
      case .jump: index += Int(instruction.value)
      case .load where instruction.value == SeccompFilter.numberOffset: accumulator = number
      case .load where instruction.value == SeccompFilter.architectureOffset: accumulator = architecture
      case .load: return .asks(at: index - 1)
      default:
        let holds = instruction.code.holds(accumulator, instruction.value)
        index += Int(holds ? instruction.whenTrue : instruction.whenFalse)
      }
    }
  }

  // MARK: The smaller filter

  private mutating func assemble(_ architectures: [Interval<[Interval<Outcome>]>]) -> SeccompFilter {
    var entries: [[Interval<Outcome>]: SeccompAssembler.Label] = [:]
    let ranges = architectures.map { range in
      let entry = entries[range.target] ?? numbers(range.target)
      entries[range.target] = entry
      return Interval(start: range.start, target: entry)
    }
    let first = tree(ranges[...]) { _, label in label }
    return assembler.finish(first, loading: SeccompFilter.architectureOffset)
  }

  private mutating func numbers(_ ranges: [Interval<Outcome>]) -> SeccompAssembler.Label {
    let first = tree(ranges[...]) { assembler, outcome in
      switch outcome {
      case .action(let action): assembler.action(action)
      case .asks(let index): assembler.copy(from: index)
      }
    }
    return assembler.load(SeccompFilter.numberOffset, then: first)
  }

  /// The lower half stands behind its question, so that jumps are short.
  private mutating func tree<Target: Hashable>(
    _ ranges: ArraySlice<Interval<Target>>, _ leaf: (inout SeccompAssembler, Target) -> SeccompAssembler.Label
  ) -> SeccompAssembler.Label {
    guard ranges.count > 1 else { return leaf(&assembler, ranges.first!.target) }
    let middle = ranges.startIndex + ranges.count / 2
    let upper = tree(ranges[middle...], leaf)
    let lower = tree(ranges[..<middle], leaf)
    return assembler.compare(.jumpIfNotLess, ranges[middle].start, whenTrue: upper, whenFalse: lower)
  }
}

/// From which numbers and architectures on a filter may decide otherwise than for the one before.
private struct SeccompStarts {
  private enum Content: Equatable { case nothing, number, architecture, argument, unclear }

  private(set) var numbers: [UInt32] = [0]
  private(set) var architectures: [UInt32] = [0]

  /// nil for a filter with instructions, or with uses of number and architecture, that are not foreseen.
  init?(_ filter: SeccompFilter) {
    var contents = [Content?](repeating: nil, count: filter.instructions.count)
    guard !contents.isEmpty else { return nil }
    contents[0] = .nothing
    for (index, instruction) in filter.instructions.enumerated() {
      // nil: no way leads here.
      guard let before = contents[index] else { continue }
      guard let after = content(after: instruction, before) else { return nil }
      for next in filter.successors(of: index) {
        guard next < contents.count else { return nil }
        contents[next] = contents[next] == nil || contents[next] == after ? after : .unclear
      }
    }
    numbers = Set(numbers).sorted()
    architectures = Set(architectures).sorted()
  }

  /// nil where the instruction is not foreseen.
  private mutating func content(after instruction: SeccompFilter.Instruction, _ content: Content) -> Content? {
    switch instruction.code {
    case .return, .jump: content
    case .load where instruction.value == SeccompFilter.numberOffset: .number
    case .load where instruction.value == SeccompFilter.architectureOffset: .architecture
    case .load: .argument
    case .and: content == .argument ? content : nil
    case let code where code.isComparison: note(code, instruction.value, content) ? content : nil
    default: nil
    }
  }

  /// Whether the comparison is one of those foreseen.
  private mutating func note(_ code: SeccompFilter.Code, _ value: UInt32, _ content: Content) -> Bool {
    if content == .argument { return true }
    guard code != .jumpIfAnyBit else { return false }
    let starts = value == .max ? [value] : [value, value + 1]
    switch content {
    case .number: numbers += starts
    case .architecture: architectures += starts
    default: return false
    }
    return true
  }
}

/// Writes a filter from its end, since jumps go forward only: what is jumped to is there already.
private struct SeccompAssembler {
  /// A place, counted from the end.
  struct Label: Hashable { fileprivate var distance: Int }

  private let source: SeccompFilter
  private var backwards: [SeccompFilter.Instruction] = []
  private var actions: [UInt32: Label] = [:]
  private var copies: [Int: Label] = [:]

  init(_ source: SeccompFilter) { self.source = source }

  private mutating func append(_ instruction: SeccompFilter.Instruction) -> Label {
    backwards.append(instruction)
    return Label(distance: backwards.count)
  }

  /// How many instructions lie between what is written next and that place.
  private func gap(to label: Label) -> Int { backwards.count - label.distance }

  mutating func action(_ action: UInt32) -> Label {
    if let label = actions[action], gap(to: label) < Int(UInt8.max) { return label }
    let label = append(.init(code: .return, value: action))
    actions[action] = label
    return label
  }

  mutating func compare(
    _ code: SeccompFilter.Code, _ value: UInt32, whenTrue: Label, whenFalse: Label
  ) -> Label {
    // The first may come to lie one further away by the second's bridge.
    let whenTrue = bridge(to: whenTrue, reach: Int(UInt8.max) - 1)
    let whenFalse = bridge(to: whenFalse, reach: Int(UInt8.max))
    return append(
      .init(code: code, whenTrue: UInt8(gap(to: whenTrue)), whenFalse: UInt8(gap(to: whenFalse)), value: value))
  }

  private mutating func bridge(to label: Label, reach: Int) -> Label {
    gap(to: label) <= reach ? label : append(.init(code: .jump, value: UInt32(gap(to: label))))
  }

  /// What falls through to that place.
  private mutating func follow(_ instruction: SeccompFilter.Instruction, then label: Label) -> Label {
    _ = bridge(to: label, reach: 0)
    return append(instruction)
  }

  mutating func load(_ offset: UInt32, then label: Label) -> Label {
    follow(.init(code: .load, value: offset), then: label)
  }

  /// What the source does from that instruction on.
  mutating func copy(from index: Int) -> Label {
    for index in reachable(from: index).reversed() where copies[index] == nil { copies[index] = copy(index) }
    return copies[index]!
  }

  /// In order, the given one first.
  private func reachable(from first: Int) -> [Int] {
    var found: Set<Int> = [first]
    for index in first..<source.instructions.count where found.contains(index) {
      found.formUnion(source.successors(of: index))
    }
    return found.sorted()
  }

  /// One instruction; those that follow it are there.
  private mutating func copy(_ index: Int) -> Label {
    let instruction = source.instructions[index]
    let next = source.successors(of: index).map { copies[$0]! }
    switch instruction.code {
    case .return: return action(instruction.value)
    case .jump: return next[0]
    case let code where code.isComparison:
      return compare(code, instruction.value, whenTrue: next[0], whenFalse: next[1])
    default: return follow(instruction, then: next[0])
    }
  }

  mutating func finish(_ label: Label, loading offset: UInt32) -> SeccompFilter {
    _ = load(offset, then: label)
    return SeccompFilter(backwards.reversed())
  }
}
