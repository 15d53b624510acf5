import Glibc
import LinuxSystem

/// The agent's own process.
package struct ProcessReading: Sendable, Hashable {
  package var cpuSeconds = 0.0
  package var residentBytes = 0
  package var descriptors = 0
  package var startedAtSeconds = 0.0

  package init() {}

  /// Reads `/proc/self`. Blocks. What cannot be read stays zero.
  package static func read() -> ProcessReading {
    var reading = ProcessReading()
    if let usage = try? ProcessUsage.now() {
      reading.cpuSeconds = usage.processorTime / .seconds(1)
      reading.residentBytes = usage.residentBytes
    }
    reading.descriptors = ((try? FileTree.names(in: "/proc/self/fd")) ?? []).count
    reading.startedAtSeconds = startSeconds(
      statistics: (try? FileTree.text("/proc/self/stat")) ?? "",
      bootedAtSeconds: FlatFile(text: (try? FileTree.text("/proc/stat")) ?? "")["btime"],
      ticksPerSecond: Int(sysconf(Int32(_SC_CLK_TCK))))
    return reading
  }

  /// The 22nd field of `/proc/<pid>/stat`: ticks after boot. The second one, in parentheses, may hold anything.
  static func startSeconds(statistics: String, bootedAtSeconds: Int, ticksPerSecond: Int) -> Double {
    guard let close = statistics.lastIndex(of: ")") else { return 0 }
    let fields = statistics[statistics.index(after: close)...].split(separator: " ")
    guard fields.count > 19, let ticks = Int(fields[19]) else { return 0 }
    return Double(bootedAtSeconds) + Double(ticks) / Double(max(1, ticksPerSecond))
  }
}
