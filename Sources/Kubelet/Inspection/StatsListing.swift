import ContainerRuntime
import KubernetesAPI

/// What `swiftlet stats` prints: counters of two moments, a line for each container. Pure.
package struct StatsListing {
  package struct Sample: Sendable {
    package var target: NodeTarget
    package var counters: ContainerStatistics
    /// Nanoseconds on a clock that only goes forward.
    package var time: Int64

    package init(_ target: NodeTarget, _ counters: ContainerStatistics, time: Int64) {
      self.target = target
      self.counters = counters
      self.time = time
    }
  }

  let samples: [Sample]
  private let former: [String: Sample]

  /// `former`: the samples before these, for what a rate needs.
  package init(_ samples: [Sample], after former: [Sample]) {
    self.samples = samples
    self.former = Dictionary(former.map { ($0.target.container.id, $0) }, uniquingKeysWith: { $1 })
  }

  package var text: String {
    var columns = TextColumns(
      heading: ["CONTAINER", "POD", "NAME", "CPU %", "MEMORY", "PIDS", "READ", "WRITTEN"], rightAligned: [3, 4, 5, 6, 7])
    for sample in samples.sorted(by: { Self.place($0) < Self.place($1) }) {
      let counters = sample.counters
      columns.rows.append([
        NodeListing.short(sample.target.container.id), "\(sample.target.pod.namespace)/\(sample.target.pod.name)",
        sample.target.container.name, cpu(sample), counters.memoryWorkingSetBytes.map(Self.bytes) ?? "-",
        counters.processes.map(String.init) ?? "-", counters.ioReadBytes.map(Self.bytes) ?? "-",
        counters.ioWrittenBytes.map(Self.bytes) ?? "-",
      ])
    }
    return columns.text
  }

  package var json: JSON {
    .array(
      samples.sorted { Self.place($0) < Self.place($1) }.map { sample in
        let (target, counters) = (sample.target, sample.counters)
        var json: JSON = [
          "id": .string(target.container.id), "name": .string(target.container.name),
          "podName": .string(target.pod.name), "podNamespace": .string(target.pod.namespace),
          "podUID": .string(target.pod.uid), "cpuUsageMicroseconds": .int(counters.cpuUsageMicroseconds),
        ]
        json["memoryWorkingSetBytes"] = counters.memoryWorkingSetBytes.map { .int($0) }
        json["processes"] = counters.processes.map { .int($0) }
        json["ioReadBytes"] = counters.ioReadBytes.map { .int($0) }
        json["ioWrittenBytes"] = counters.ioWrittenBytes.map { .int($0) }
        return json
      })
  }

  private static func place(_ sample: Sample) -> String {
    "\(sample.target.pod.namespace)/\(sample.target.pod.name)/\(sample.target.container.name)"
  }

  /// Of one processor, as crictl counts: 200 is two whole ones.
  private func cpu(_ sample: Sample) -> String {
    guard let before = former[sample.target.container.id], sample.time > before.time else { return "-" }
    let used = Double(max(0, sample.counters.cpuUsageMicroseconds - before.counters.cpuUsageMicroseconds)) * 1000
    let hundredths = Int((used / Double(sample.time - before.time) * 10_000).rounded())
    let fraction = hundredths % 100
    return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
  }

  /// `980B`, `1.25MB`, in powers of ten, as crictl prints them.
  static func bytes(_ count: Int) -> String {
    var (value, unit) = (Double(count), 0)
    let units = ["B", "kB", "MB", "GB", "TB"]
    while value >= 1000, unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    guard unit > 0 else { return "\(count)B" }
    let hundredths = Int((value * 100).rounded())
    let fraction = hundredths % 100
    return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)\(units[unit])"
  }
}
