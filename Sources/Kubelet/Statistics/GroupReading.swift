import LinuxSystem

/// The counters of one cgroup; nil where the kernel has no such controller.
package struct GroupReading: Sendable, Hashable {
  package struct CPU: Sendable, Hashable {
    package var usageMicroseconds = 0
    package var userMicroseconds = 0
    package var systemMicroseconds = 0
    package var periods = 0
    package var throttledPeriods = 0
    package var throttledMicroseconds = 0

    package init() {}
  }

  package struct Memory: Sendable, Hashable {
    package var usageBytes = 0
    package var inactiveFileBytes = 0
    package var rssBytes = 0
    package var cacheBytes = 0
    package var mappedFileBytes = 0
    package var kernelBytes = 0
    package var pageFaults = 0
    package var majorPageFaults = 0
    /// nil: no bound.
    package var limitBytes: Int?
    package var highBytes: Int?
    package var peakBytes: Int?
    package var swapBytes: Int?
    package var outOfMemoryKills = 0

    package init() {}

    /// What cannot be taken back without harm, as the kubelet counts it.
    package var workingSetBytes: Int { max(0, usageBytes - inactiveFileBytes) }
  }

  /// Bytes and operations of one block device.
  package struct Device: Sendable, Hashable {
    /// `253:0`
    package var number: String
    package var readBytes = 0
    package var writtenBytes = 0
    package var reads = 0
    package var writes = 0

    package init(number: String) { self.number = number }
  }

  package struct Limits: Sendable, Hashable {
    package var weight: Int?
    package var quotaMicroseconds: Int?
    package var periodMicroseconds: Int?

    package init() {}
  }

  package var cpu: CPU?
  package var memory: Memory?
  package var processes: Int?
  package var devices: [Device] = []
  package var limits = Limits()

  package init() {}

  /// Reads the group's files. Blocks. A group that is gone reads as nothing.
  package init(_ group: Cgroup) {
    cpu = FlatFile(group, "cpu.stat").map(CPU.init)
    memory = FlatFile(group, "memory.stat").map { Memory($0, group) }
    processes = group.number(in: "pids.current") ?? (try? group.processes().count)
    devices = ((try? group.read("io.stat")) ?? "").split(separator: "\n").compactMap { Device(line: $0) }
    limits = Limits(group)
  }
}

extension GroupReading.CPU {
  fileprivate init(_ file: FlatFile) {
    usageMicroseconds = file["usage_usec"]
    userMicroseconds = file["user_usec"]
    systemMicroseconds = file["system_usec"]
    periods = file["nr_periods"]
    throttledPeriods = file["nr_throttled"]
    throttledMicroseconds = file["throttled_usec"]
  }
}

extension GroupReading.Memory {
  fileprivate init(_ file: FlatFile, _ group: Cgroup) {
    usageBytes = group.number(in: "memory.current") ?? 0
    inactiveFileBytes = file["inactive_file"]
    rssBytes = file["anon"]
    cacheBytes = file["file"]
    mappedFileBytes = file["file_mapped"]
    kernelBytes = file["kernel"]
    pageFaults = file["pgfault"]
    majorPageFaults = file["pgmajfault"]
    limitBytes = group.number(in: "memory.max")
    highBytes = group.number(in: "memory.high")
    peakBytes = group.number(in: "memory.peak")
    swapBytes = group.number(in: "memory.swap.current")
    outOfMemoryKills = group.value("oom_kill", in: "memory.events") ?? 0
  }
}

extension GroupReading.Device {
  /// `253:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0`
  init?(line: Substring) {
    let fields = line.split(separator: " ")
    guard let number = fields.first, number.contains(":") else { return nil }
    self.init(number: String(number))
    for field in fields.dropFirst() {
      let parts = field.split(separator: "=")
      guard parts.count == 2, let value = Int(parts[1]) else { continue }
      switch parts[0] {
      case "rbytes": readBytes = value
      case "wbytes": writtenBytes = value
      case "rios": reads = value
      case "wios": writes = value
      default: break
      }
    }
  }
}

extension GroupReading.Limits {
  /// `cpu.max` is `quota period`, `max` for none.
  fileprivate init(_ group: Cgroup) {
    weight = group.number(in: "cpu.weight")
    let parts = ((try? group.read("cpu.max")) ?? "").split(separator: " ")
    guard parts.count == 2 else { return }
    quotaMicroseconds = Int(parts[0])
    periodMicroseconds = Int(parts[1])
  }
}

/// A file of `key value` lines.
struct FlatFile {
  private var values: [Substring: Int] = [:]

  init?(_ group: Cgroup, _ name: String) {
    guard let text = try? group.read(name) else { return nil }
    self.init(text: text)
  }

  init(text: String) {
    for line in text.split(separator: "\n") {
      let fields = line.split(whereSeparator: { $0 == " " || $0 == ":" })
      if fields.count >= 2, let value = Int(fields[1]) { values[fields[0]] = value }
    }
  }

  subscript(key: String) -> Int { values[Substring(key)] ?? 0 }
}
