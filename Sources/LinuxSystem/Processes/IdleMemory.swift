import CLinux
import Glibc

/// What the process holds of the machine's memory and has used of its processors.
package struct ProcessUsage: Sendable, Equatable {
  package var residentBytes: Int
  /// Of all threads, in user and kernel mode.
  package var processorTime: Duration

  package init(residentBytes: Int, processorTime: Duration) {
    self.residentBytes = residentBytes
    self.processorTime = processorTime
  }

  package static func now() throws(SystemCallError) -> ProcessUsage {
    let statm = try FileTree.read("/proc/self/statm")
    let pages = statm.split(separator: UInt8(ascii: " ")).dropFirst().first.flatMap { Int(String(decoding: $0, as: UTF8.self)) }
    var usage = rusage()
    try systemCall("getrusage") { getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) }
    let times = [usage.ru_utime, usage.ru_stime]
    return ProcessUsage(
      residentBytes: (pages ?? 0) * sysconf(Int32(_SC_PAGESIZE)),
      processorTime: .seconds(times.reduce(0) { $0 + $1.tv_sec }) + .microseconds(times.reduce(0) { $0 + Int64($1.tv_usec) }))
  }
}

/// Decides when a process that works in bursts (its start, a hundred pods at once) gives back what the burst needed: once
/// it is quiet, and only if it has grown since it last did.
package struct IdleMemory: Sendable {
  /// How often to ask.
  package static let interval = Duration.seconds(10)
  /// Busier than this between two questions is not quiet: a fiftieth of a processor.
  private static let quietTime = interval / 50
  /// No busier than this is what always goes on, without work that was asked for.
  private static let backgroundTime = interval / 200
  /// Growth that is not worth the page faults that follow.
  private static let slackBytes = 4 << 20

  private var lastTime: Duration?
  /// What was left, and had come back, after the last time.
  private var floorBytes = 0
  private var isSettling = false

  package init() {}

  /// - Parameter usage: now, an interval after the last question.
  /// - Returns: whether to give back.
  package mutating func isDue(_ usage: ProcessUsage) -> Bool {
    let spent = lastTime.map { usage.processorTime - $0 }
    lastTime = usage.processorTime
    guard let spent, spent < Self.quietTime else {
      isSettling = false
      return false
    }
    // What a few pods needed that came right then is not what remains: it is given back the next time.
    if isSettling, spent < Self.backgroundTime { floorBytes = usage.residentBytes }
    isSettling = usage.residentBytes > floorBytes + Self.slackBytes
    return isSettling
  }

  /// - Parameter usage: right after giving back, whose own work does not count as busy.
  package mutating func gaveBack(_ usage: ProcessUsage) { lastTime = usage.processorTime }

  /// Free pieces of the heap, and the pages of program text, which the kernel maps again from its cache when they are
  /// executed (`MADV_DONTNEED`). Most of the text of a large program runs once, at its start; and the kernel maps sixteen
  /// pages where one is touched. Only mappings that are executable and not writable: nothing in them can have been changed.
  package static func giveBack() throws(SystemCallError) {
    cl_trim_heap()
    for range in try textRanges() {
      try systemCall("madvise") {
        madvise(UnsafeMutableRawPointer(bitPattern: range.lowerBound), range.count, MADV_DONTNEED)
      }
    }
  }

  /// From now on, what is executed is mapped page by page: an idle program touches few pages, but in many places, and with
  /// fifteen neighbours of each mapped (`fault_around_bytes`) most of what was given back would return within seconds.
  /// - Returns: what must stay open for it.
  /// - Throws: EINVAL before Linux 6.7, ENOSYS where the kernel is built without it.
  package static func mapTouchedTextAlone() throws(SystemCallError) -> Descriptor {
    let faults = Descriptor(owning: try systemCall("userfaultfd") { cl_userfault() })
    for range in try textRanges() {
      try systemCall("ioctl UFFDIO_REGISTER") {
        cl_userfault_register(faults.raw, range.lowerBound, UInt(range.count))
      }
    }
    return faults
  }

  private static func textRanges() throws(SystemCallError) -> [Range<UInt>] {
    textRanges(String(decoding: try FileTree.read("/proc/self/maps"), as: UTF8.self))
  }

  /// - Parameter maps: as in proc_pid_maps(5): `start-end perms offset device inode path`.
  static func textRanges(_ maps: String) -> [Range<UInt>] {
    maps.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
      guard fields.count == 6, fields[1] == "r-xp", fields[5].drop(while: { $0 == " " }).hasPrefix("/") else { return nil }
      let ends = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
      return ends.count == 2 && ends[0] < ends[1] ? ends[0]..<ends[1] : nil
    }
  }
}
