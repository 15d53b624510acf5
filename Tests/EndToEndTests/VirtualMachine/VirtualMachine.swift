import Foundation
import Testing

/// What needs a kernel with every cgroup controller. `scripts/test vm` runs these in a virtual machine; the machine there
/// is about ten times slower, so that they are few, and wait long.
@Suite(.serialized, .enabled(if: Guest.isComplete, "needs the cgroup controllers and a disk: run scripts/test vm"))
enum VirtualMachine {
  /// The node's folders lie on the machine's disk, so that the next boot finds them.
  static let cluster: Cluster = {
    var cluster = Cluster(name: "swvm", directory: "/disk/swiftlet-e2e")
    // The schemas of all kinds take kubectl as long as everything else.
    cluster.applyFlags = ["--validate=false"]
    cluster.evictionHard = "memory.available<900Mi"
    cluster.serverFlags = ["--pod-max-pids", "60", "--eviction-pressure-transition-period", "5s"]
    return cluster
  }()
}

/// The machine that these tests run on.
enum Guest {
  static let isComplete = hasControllers && hasDisk

  private static let hasControllers: Bool = {
    let path = Cluster.cgroupMount + "/cgroup.controllers"
    let offered = ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split { " \n".contains($0) }
    return Set(["cpu", "memory", "pids", "io"]).isSubset(of: offered.map(String.init))
  }()

  /// A disk that outlives this boot.
  private static let hasDisk = FileManager.default.fileExists(atPath: "/disk/lost+found")

  /// Between two looks: where a processor is emulated, a kubectl that asks all the time would leave nothing for the server.
  static let pause: Duration = Cluster.builtImages == nil ? .milliseconds(50) : .seconds(1)

  /// Seconds that anything may take there, also while the other tests run beside.
  static let patience = 300.0
}

/// What a control group's file says, without the line's end.
func controlFile(_ path: String) throws -> String {
  try String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
}

/// A number of a file such as `cpu.stat`.
func controlValue(_ key: String, in path: String) throws -> Int {
  let line = try controlFile(path).split(separator: "\n").first { $0.hasPrefix(key + " ") }
  return try #require(line.flatMap { Int($0.dropFirst(key.count + 1)) }, "\(path) has no \(key)")
}
