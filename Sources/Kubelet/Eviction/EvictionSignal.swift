/// What the node watches so that it does not run dry, under upstream's names.
package enum EvictionSignal: String, Sendable, Hashable, CaseIterable {
  case memoryAvailable = "memory.available"
  /// What the pods together may still use below their cgroup's limit.
  case allocatableMemoryAvailable = "allocatableMemory.available"
  case nodefsAvailable = "nodefs.available"
  case nodefsInodesFree = "nodefs.inodesFree"
  case imagefsAvailable = "imagefs.available"
  case imagefsInodesFree = "imagefs.inodesFree"
  case pidAvailable = "pid.available"

  /// The node condition that the signal drives.
  package var condition: String {
    switch self {
    case .memoryAvailable, .allocatableMemoryAvailable: "MemoryPressure"
    case .nodefsAvailable, .nodefsInodesFree, .imagefsAvailable, .imagefsInodesFree: "DiskPressure"
    case .pidAvailable: "PIDPressure"
    }
  }

  /// The resource that runs short, as messages name it.
  package var resource: String {
    switch self {
    case .memoryAvailable, .allocatableMemoryAvailable: "memory"
    case .nodefsAvailable, .imagefsAvailable: "ephemeral-storage"
    case .nodefsInodesFree, .imagefsInodesFree: "inodes"
    case .pidAvailable: "pids"
    }
  }
}
