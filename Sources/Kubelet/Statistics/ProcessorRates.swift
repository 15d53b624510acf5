import KubernetesAPI

/// Billionths of processors in use, from the last two answers: no sampling while nobody asks.
package struct ProcessorRates: Sendable {
  private struct Sample: Sendable {
    var time: Timestamp
    var usageMicroseconds: Int
    var rate: Int?
  }

  /// Two answers closer together than this say nothing of a rate; the former one stands.
  private static let shortestNanoseconds = 100_000_000

  private var samples: [String: Sample] = [:]

  package init() {}

  /// Takes the readings in and returns the rate of each group by its id, where two readings are known.
  package mutating func take(_ reading: NodeReading) -> [String: Int] {
    var groups = [("/", reading.root.cpu), (reading.allPodsID, reading.allPods.cpu)]
    for pod in reading.pods {
      groups.append((pod.groupID, pod.group.cpu))
      groups += pod.containers.map { ($0.groupID, $0.group.cpu) }
    }
    var next: [String: Sample] = [:]
    for case (let id, let cpu?) in groups { next[id] = sample(id, cpu.usageMicroseconds, reading.time) }
    samples = next
    return next.compactMapValues(\.rate)
  }

  private func sample(_ id: String, _ usage: Int, _ time: Timestamp) -> Sample {
    guard let known = samples[id] else { return Sample(time: time, usageMicroseconds: usage) }
    let passed = time.nanosecondsSinceEpoch - known.time.nanosecondsSinceEpoch
    guard passed >= Self.shortestNanoseconds else { return known }
    let used = max(0, usage - known.usageMicroseconds)
    let rate = Double(used) * 1000 / (Double(passed) / 1_000_000_000)
    return Sample(time: time, usageMicroseconds: usage, rate: Int(rate))
  }
}
