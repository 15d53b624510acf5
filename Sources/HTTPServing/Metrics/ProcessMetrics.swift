import Foundation

/// The process's own figures, read from `/proc/self` at each scrape.
package struct ProcessMetrics: MetricsSource {
  package init() {}

  package func writeMetrics(to text: inout PrometheusText) {
    guard let stat = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8),
      let fields = Self.fieldsAfterName(stat), fields.count > 21
    else { return }
    let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
    let cpu = ((Double(fields[11]) ?? 0) + (Double(fields[12]) ?? 0)) / ticks
    text.family("process_cpu_seconds_total", .counter, "User and system processor time in seconds.")
    text.sample("process_cpu_seconds_total", cpu)
    text.family("process_start_time_seconds", .gauge, "Start of the process in seconds since the epoch.")
    text.sample("process_start_time_seconds", Self.bootTime + (Double(fields[19]) ?? 0) / ticks)
    text.family("process_virtual_memory_bytes", .gauge, "Virtual memory in bytes.")
    text.sample("process_virtual_memory_bytes", Double(fields[20]) ?? 0)
    text.family("process_resident_memory_bytes", .gauge, "Resident memory in bytes.")
    text.sample("process_resident_memory_bytes", (Double(fields[21]) ?? 0) * Double(sysconf(Int32(_SC_PAGESIZE))))
    let descriptors = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    text.family("process_open_fds", .gauge, "Open file descriptors.")
    text.sample("process_open_fds", descriptors ?? 0)
  }

  /// The fields of `/proc/PID/stat` from the third on: the second, the name, may hold anything.
  static func fieldsAfterName(_ stat: String) -> [Substring]? {
    stat.lastIndex(of: ")").map { stat[stat.index(after: $0)...].split(whereSeparator: \.isWhitespace) }
  }

  private static let bootTime: Double = {
    let stat = (try? String(contentsOfFile: "/proc/stat", encoding: .utf8)) ?? ""
    let line = stat.split(separator: "\n").first { $0.hasPrefix("btime ") }
    return line.flatMap { Double($0.dropFirst("btime ".count)) } ?? 0
  }()
}
