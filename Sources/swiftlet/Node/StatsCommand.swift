import ArgumentParser
import ContainerRuntime
import Foundation
import Kubelet
import LinuxSystem

struct StatsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats",
    abstract: "Show what the containers of this machine use.",
    discussion: """
      Reads the kernel's counters, so it works while the server and the agent are stopped. CPU is measured over \
      --interval, in percent of one processor; memory is the working set, as the kubelet counts it; '-' stands for what \
      this kernel does not count.

        swiftlet stats
        swiftlet stats web --watch
      """)

  @Argument(help: "Only this POD, POD/CONTAINER or container's ID.") var target: String?
  @Option(name: .shortAndLong, help: "Only pods of this namespace.") var namespace: String?
  @Flag(name: .shortAndLong, help: "Show it again after each interval, until interrupted.") var watch = false
  @Option(help: "Seconds to measure over.") var interval = 1.0
  @Option(name: .shortAndLong, help: "text or json.") var output = OutputFormat.text
  @OptionGroup var location: NodeLocation

  func validate() throws {
    guard interval >= 0.1, interval <= 3600 else {
      throw ValidationError("--interval is from 0.1 to 3600 seconds, not \(interval)")
    }
  }

  func run() async throws {
    try await NodeAccess.with(location) { node in
      var former = try await samples(node)
      repeat {
        // A rate is a difference over time: this is the time.
        try await Task.sleep(for: .seconds(interval))
        let now = try await samples(node)
        let listing = StatsListing(now, after: former)
        try Output.write(output == .json ? listing.json.text + "\n" : listing.text + (watch ? "\n" : ""))
        former = now
      } while watch
    }
  }

  private func samples(_ node: NodeAccess) async throws -> [StatsListing.Sample] {
    var samples: [StatsListing.Sample] = []
    for found in try chosen(await node.runtime.pods()) {
      do {
        let counters = try await node.runtime.statistics(containerID: found.container.id)
        samples.append(StatsListing.Sample(found, counters, time: WallClock.monotonic()))
      } catch let error as RuntimeError where error.reason == .notFound {
        // It ended between the list and the look.
        continue
      }
    }
    return samples
  }

  private func chosen(_ pods: [RuntimePod]) throws -> [NodeTarget] {
    let pods = pods.filter { namespace == nil || $0.namespace == namespace }
    guard let target else {
      return pods.flatMap { pod in pod.containers.filter(\.isRunning).map { NodeTarget(pod: pod, container: $0) } }
    }
    let names = target.split(separator: "/").map(String.init)
    let ofPod = pods.filter { $0.name == names[0] && names.count == 1 }
    guard ofPod.isEmpty else {
      return ofPod.flatMap { pod in pod.containers.filter(\.isRunning).map { NodeTarget(pod: pod, container: $0) } }
    }
    let found = try NodeTarget.find(target, namespace: namespace, in: pods)
    return found.container.isRunning ? [found] : []
  }
}
