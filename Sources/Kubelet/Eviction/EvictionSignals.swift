import LinuxSystem

extension StatisticsReader {
  /// What may run short, read from a handful of files. Blocks.
  func signals() -> [EvictionSignal: SignalReading] {
    var signals: [EvictionSignal: SignalReading] = [:]
    let machine = MachineReading.read()
    signals[.memoryAvailable] = SignalReading(
      available: machine.memoryAvailableBytes, capacity: machine.memoryCapacityBytes)
    if machine.maximumProcesses > 0 {
      signals[.pidAvailable] = SignalReading(
        available: max(0, machine.maximumProcesses - machine.processes), capacity: machine.maximumProcesses)
    }
    let pods = GroupReading(places.group("/\(places.parent)"))
    if let memory = pods.memory, let limit = memory.limitBytes {
      signals[.allocatableMemoryAvailable] = SignalReading(
        available: max(0, limit - memory.workingSetBytes), capacity: limit)
    }
    let node = FileSystemReading(path: configuration.rootDirectory)
    signals[.nodefsAvailable] = node.map { SignalReading(available: $0.availableBytes, capacity: $0.capacityBytes) }
    signals[.nodefsInodesFree] = Self.inodes(node)
    let images = FileSystemReading(path: places.imageDirectory) ?? node
    signals[.imagefsAvailable] = images.map { SignalReading(available: $0.availableBytes, capacity: $0.capacityBytes) }
    signals[.imagefsInodesFree] = Self.inodes(images)
    return signals
  }

  /// File systems that make inodes as they need them (btrfs) have none to run out of.
  private static func inodes(_ file: FileSystemReading?) -> SignalReading? {
    guard let file, file.inodes > 0 else { return nil }
    return SignalReading(available: file.inodesFree, capacity: file.inodes)
  }
}
