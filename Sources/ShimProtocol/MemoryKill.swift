/// What the kernel killed of a container for want of memory, and whose limit was hit.
package struct MemoryKill: Sendable, Hashable {
  package enum Level: UInt8, Sendable, Hashable {
    /// Nothing was killed, or the kernel does not count it.
    case none = 0
    case container = 1
    case pod = 2
    /// A group above the pod: the class of service, or the group of all pods (node allocatable).
    case allPods = 3
    /// No group was at its limit: the machine itself had no memory left.
    case machine = 4
  }

  package var level: Level
  /// Processes of the container that were killed.
  package var kills: UInt64
  /// `memory.max` of the group whose limit was hit; 0: none.
  package var limitBytes: UInt64
  /// How often that group was at its limit and nothing could be freed, while the container ran (`oom`).
  package var limitHits: UInt64

  package init(level: Level = .none, kills: UInt64 = 0, limitBytes: UInt64 = 0, limitHits: UInt64 = 0) {
    self.level = level
    self.kills = kills
    self.limitBytes = limitBytes
    self.limitHits = limitHits
  }
}

extension MemoryKill {
  func write(to writer: inout ByteWriter) {
    writer.integer(level.rawValue)
    writer.integer(kills)
    writer.integer(limitBytes)
    writer.integer(limitHits)
  }

  init(from reader: inout ByteReader) throws(ShimProtocolError) {
    guard let level = Level(rawValue: try reader.integer()) else { throw ShimProtocolError("unknown memory limit level") }
    self.init(
      level: level, kills: try reader.integer(), limitBytes: try reader.integer(), limitHits: try reader.integer())
  }
}
