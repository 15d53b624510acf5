import Glibc
import LinuxSystem

/// The machine as a whole: what cgroups do not tell of their root.
package struct MachineReading: Sendable, Hashable {
  package var memory = GroupReading.Memory()
  package var memoryCapacityBytes = 0
  package var swapCapacityBytes = 0
  package var bootedAtSeconds = 0
  package var maximumProcesses = 0
  package var processes = 0

  package init() {}

  /// What is left before the machine must take memory away from somebody.
  package var memoryAvailableBytes: Int { max(0, memoryCapacityBytes - memory.workingSetBytes) }

  /// Reads `/proc`. Blocks.
  package static func read(proc: String = "/proc") -> MachineReading {
    var reading = MachineReading()
    reading.readMemory(FlatFile(text: text("\(proc)/meminfo")), FlatFile(text: text("\(proc)/vmstat")))
    let statistics = FlatFile(text: text("\(proc)/stat"))
    reading.bootedAtSeconds = statistics["btime"]
    reading.maximumProcesses = min(number("\(proc)/sys/kernel/pid_max"), number("\(proc)/sys/kernel/threads-max"))
    reading.processes = processes(text("\(proc)/loadavg"))
    return reading
  }

  private mutating func readMemory(_ meminfo: FlatFile, _ vmstat: FlatFile) {
    let kilobyte = 1024
    memoryCapacityBytes = meminfo["MemTotal"] * kilobyte
    swapCapacityBytes = meminfo["SwapTotal"] * kilobyte
    memory.usageBytes = (meminfo["MemTotal"] - meminfo["MemFree"]) * kilobyte
    memory.inactiveFileBytes = meminfo["Inactive(file)"] * kilobyte
    memory.rssBytes = meminfo["AnonPages"] * kilobyte
    memory.cacheBytes = meminfo["Cached"] * kilobyte
    memory.mappedFileBytes = meminfo["Mapped"] * kilobyte
    memory.kernelBytes = meminfo["KernelStack"] * kilobyte
    memory.swapBytes = (meminfo["SwapTotal"] - meminfo["SwapFree"]) * kilobyte
    memory.pageFaults = vmstat["pgfault"]
    memory.majorPageFaults = vmstat["pgmajfault"]
    memory.outOfMemoryKills = vmstat["oom_kill"]
  }

  /// `0.5 0.4 0.3 2/345 6789`: the fourth field counts threads.
  private static func processes(_ loadavg: String) -> Int {
    let fields = loadavg.split(separator: " ")
    guard fields.count >= 4, let slash = fields[3].firstIndex(of: "/") else { return 0 }
    return Int(fields[3][fields[3].index(after: slash)...]) ?? 0
  }

  private static func text(_ path: String) -> String { (try? FileTree.text(path)) ?? "" }

  private static func number(_ path: String) -> Int { Int(text(path)) ?? 0 }
}

/// A file system's size and what is left of it (statvfs(3)).
package struct FileSystemReading: Sendable, Hashable {
  package var capacityBytes = 0
  package var availableBytes = 0
  package var usedBytes = 0
  package var inodes = 0
  package var inodesFree = 0
  /// Tells file systems apart.
  package var device: UInt64 = 0

  package init() {}

  package var inodesUsed: Int { max(0, inodes - inodesFree) }

  /// nil when the path is not there. Blocks: a hung network file system would not answer, so paths are the node's own.
  package init?(path: String) {
    var storage = statvfs()
    var status = stat()
    guard statvfs(path, &storage) == 0, stat(path, &status) == 0 else { return nil }
    let unit = Int(storage.f_frsize)
    capacityBytes = Int(storage.f_blocks) * unit
    availableBytes = Int(storage.f_bavail) * unit
    usedBytes = (Int(storage.f_blocks) - Int(storage.f_bfree)) * unit
    inodes = Int(storage.f_files)
    inodesFree = Int(storage.f_ffree)
    device = UInt64(status.st_dev)
  }
}
