import KubernetesAPI

/// Whose memory was used up when the kernel killed for it.
package enum MemoryLevel: String, APIEnum {
  case container = "Container"
  case pod = "Pod"
  /// The group of a class of service, or of all pods: node allocatable.
  case nodeAllocatable = "NodeAllocatable"
  /// No group was at its limit.
  case machine = "Machine"

  init(_ level: OutOfMemory.Level) {
    switch level {
    case .container: self = .container
    case .pod: self = .pod
    case .allPods: self = .nodeAllocatable
    case .machine: self = .machine
    }
  }
}

package struct MemoryDeathFields: FieldTable {
  package let level = Field<MemoryLevel>("level", description: "Whose limit was hit.")
  package let limitBytes = OptionalField<Int>("limitBytes", description: "That limit (memory.max).")
  package let limitHits = Field<Int>(
    "limitHits", .keepZero, description: "How often it was hit and nothing could be freed (oom).")
  package let killedProcesses = Field<Int>(
    "killedProcesses", .keepZero, description: "Processes of the container that the kernel killed (oom_kill).")

  package static let table = Table(
    "MemoryDeath", description: "What the kernel counted when memory was used up.", MemoryDeathFields())
}
package typealias MemoryDeath = View<MemoryDeathFields>

extension MemoryDeath {
  init(_ facts: OutOfMemory) {
    self.init {
      $0.level = MemoryLevel(facts.level)
      $0.limitBytes = facts.limitBytes
      $0.limitHits = facts.limitHits
      $0.killedProcesses = facts.killedProcesses
    }
  }
}

/// The counters as a sentence: pure.
struct MemoryText {
  let memory: MemoryDeath

  var line: String { "Memory: \(limit); \(kills)." }

  private var limit: String {
    switch memory.level {
    case .container: hit("the container's own limit")
    case .pod: hit("the limit of the whole pod")
    case .nodeAllocatable: hit("the limit of all pods together (node allocatable)")
    default: "no limit was hit, the machine itself had none left"
    }
  }

  private func hit(_ whose: String) -> String {
    let size = memory.limitBytes.map { " of \(Self.size($0))" } ?? ""
    return "\(whose)\(size) was hit \(memory.limitHits == 1 ? "once" : "\(memory.limitHits) times") (oom \(memory.limitHits))"
  }

  private var kills: String {
    let count = memory.killedProcesses
    return "the kernel killed \(count == 1 ? "one process" : "\(count) processes") of it (oom_kill \(count))"
  }

  /// As it is written in a pod where that is exact: 64Mi, otherwise in bytes.
  static func size(_ bytes: Int) -> String {
    var (rest, suffix) = (bytes, 0)
    let suffixes = ["", "Ki", "Mi", "Gi", "Ti"]
    while rest > 0, rest % 1024 == 0, suffix + 1 < suffixes.count {
      rest /= 1024
      suffix += 1
    }
    return suffix == 0 ? "\(bytes) bytes" : "\(rest)\(suffixes[suffix]) (\(bytes) bytes)"
  }
}
