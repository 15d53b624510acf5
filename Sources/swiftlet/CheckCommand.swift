import ArgumentParser
import ContainerRuntime
import Foundation
import LinuxSystem

struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Say what this machine can enforce, and find what belongs to no pod.",
    discussion: """
      Compares cgroups, mounts, sockets, writable layers, links and host ports with the pods that live. Finds only, unless --repair is \
      given, which wants a moment when no pod is being started; ends with 1 when something was found and not repaired.
      """)

  @OptionGroup var location: NodeLocation
  @Flag(help: "Remove what belongs to no pod.") var repair = false

  func run() async throws {
    guard geteuid() == 0 else { throw ValidationError("looking at cgroups and mounts needs root; run it as root") }
    try reportControllers()
    let runtime = try await ContainerRuntime(paths: location.runtimePaths)
    defer { runtime.shutdown() }
    let pods = try await runtime.pods()
    let containers = pods.reduce(0) { $0 + $1.containers.count }
    print("\(pods.count) pods with \(containers) containers")
    var orphans = (repair ? try await runtime.repair() : try await runtime.orphans()).map(\.description)
    orphans += try await networkOrphans(Set(pods.map(\.uid)))
    for orphan in orphans { print("\(repair ? "removed" : "belongs to no pod"): \(orphan)") }
    if orphans.isEmpty { print("nothing belongs to no pod") }
    if !orphans.isEmpty, !repair {
      print("remove it with: swiftlet check --repair")
      throw ExitCode(1)
    }
  }

  /// Links and host ports of pods that do not live; with --repair they are gone afterwards.
  private func networkOrphans(_ live: Set<String>) async throws -> [String] {
    let network = try NodeNetworkTeardown.network(location)
    defer { network.shutdown() }
    let orphans = try await network.orphans(livePodUIDs: live)
    if repair, !orphans.isEmpty { _ = try await network.reconcile(livePodUIDs: live) }
    return orphans
  }

  private func reportControllers() throws {
    let hierarchy = try CgroupFileSystem.find()
    print("cgroup v2 at \(hierarchy.mountPoint)")
    let effects = [
      "cpu": "cpu limits and shares", "memory": "memory limits and out-of-memory kills", "pids": "process limits",
      "io": "disk bandwidth shares",
    ]
    for (controller, effect) in effects.sorted(by: { $0.key < $1.key }) {
      let isThere = hierarchy.controllers.contains(controller)
      print("  \(controller): \(isThere ? "enforced" : "not offered by this kernel; \(effect) have no effect")")
    }
  }
}
