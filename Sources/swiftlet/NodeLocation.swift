import ArgumentParser
import ContainerRuntime
import Foundation
import LinuxSystem

/// Where a node on this machine keeps its things: for commands that work on it from outside. The names and defaults are
/// those of `swiftlet server`.
struct NodeLocation: ParsableArguments {
  @Option(help: "Certificates, the database and images.") var dataDir = "/var/lib/swiftlet"
  @Option(help: "Where images are kept (default: images in the data directory).") var imageDir: String?
  @Option(help: "Sockets and facts about running pods.") var stateDir = "/run/swiftlet"
  @Option(help: "Pods' volumes.") var kubeletDir = "/var/lib/kubelet"
  @Option(help: "Containers' logs.") var logDir = "/var/log"
  @Option(help: "The control group below which pods run.") var cgroupParent = "kubepods"
  @Option(help: "The interface with the gateway address of the pods.") var bridge = "swiftlet0"

  var runtimePaths: RuntimePaths {
    RuntimePaths(
      stateDirectory: stateDir, containerDirectory: dataDir + "/containers", cgroupParent: cgroupParent,
      shimExecutable: URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .appendingPathComponent("swiftlet-shim").path)
  }

  var podsDirectory: String { kubeletDir + "/pods" }
  /// What `swiftlet why` reads.
  var historyDirectory: String { kubeletDir + "/history" }
  /// The pods to run when the server does not answer, with their Secrets.
  var recordDirectory: String { kubeletDir + "/record" }

  /// Mounts below this node's folders, innermost first.
  func mounts() throws -> [String] {
    let roots = [dataDir + "/containers", stateDir, podsDirectory]
    return try MountInfo.current().map(\.mountPoint)
      .filter { point in roots.contains { point == $0 || point.hasPrefix($0 + "/") } }
      .sorted { $0.count > $1.count }
  }
}
