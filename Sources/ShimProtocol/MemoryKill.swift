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
  /// The level's byte has this bit where the limit's hits follow. Shims that an upgraded agent finds from before they were
  /// counted know neither.
  private static let limitHitsFollow: UInt8 = 0x80

  func write(to writer: inout ByteWriter) {
    writer.integer(level.rawValue | (limitHits > 0 ? Self.limitHitsFollow : 0))
    writer.integer(kills)
    writer.integer(limitBytes)
    if limitHits > 0 { writer.integer(limitHits) }
  }

  init(from reader: inout ByteReader) throws(ShimProtocolError) {
    let tag = try reader.integer(UInt8.self)
    guard let level = Level(rawValue: tag & ~Self.limitHitsFollow) else {
      throw ShimProtocolError("unknown memory limit level")
    }
    self.init(
      level: level, kills: try reader.integer(), limitBytes: try reader.integer(),
      limitHits: tag & Self.limitHitsFollow == 0 ? 0 : try reader.integer())
  }
}
