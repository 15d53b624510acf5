/// What the kernel killed of a container for want of memory, and whose limit was hit.
package struct OutOfMemory: Sendable, Hashable {
  package enum Level: String, Sendable, Hashable {
    case container
    case pod
    /// A class of service, or all pods together: node allocatable.
    case allPods = "node allocatable"
    /// The machine itself had no memory left.
    case machine
  }

  package var level: Level
  package var killedProcesses: Int
  /// The limit that was hit; nil: none, or not known.
  package var limitBytes: Int?
  /// How often that limit was hit while the container ran.
  package var limitHits: Int

  package init(level: Level, killedProcesses: Int, limitBytes: Int? = nil, limitHits: Int = 0) {
    self.level = level
    self.killedProcesses = killedProcesses
    self.limitBytes = limitBytes
    self.limitHits = limitHits
  }
}
