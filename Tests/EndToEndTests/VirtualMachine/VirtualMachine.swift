import Foundation
import Testing

/// What needs a kernel with every cgroup controller. `scripts/test vm` runs these in a virtual machine; the machine there
/// is about ten times slower, so that they are few, and wait long.
@Suite(.serialized, .enabled(if: Guest.hasControllers, "needs the cgroup controllers: run scripts/test vm"))
enum VirtualMachine {}

/// The machine that these tests run on.
enum Guest {
  static let hasControllers: Bool = {
    let path = Cluster.cgroupMount + "/cgroup.controllers"
    let offered = ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split { " \n".contains($0) }
    return Set(["cpu", "memory", "pids", "io"]).isSubset(of: offered.map(String.init))
  }()

  /// A disk that outlives this boot.
  static let hasDisk = FileManager.default.fileExists(atPath: "/disk/lost+found")

  /// Between two looks: where a processor is emulated, a kubectl that asks all the time would leave nothing for the server.
  static let pause: Duration = Cluster.builtImages == nil ? .milliseconds(50) : .seconds(1)

  /// Seconds that anything may take there.
  static let patience = 120.0
}

extension Cluster {
  /// The control group of a pod, wherever its quality of service has put it.
  func controlGroup(ofPod pod: String) async throws -> String {
    let uid = try await jsonpath("pod/\(pod)", ".metadata.uid")
    let root = "\(Self.cgroupMount)/\(cgroup)"
    let found = ["", "/burstable", "/besteffort"].map { "\(root)\($0)/pod\(uid)" }
      .first { FileManager.default.fileExists(atPath: $0) }
    return try #require(found, "no control group of pod \(pod) below \(root)")
  }

  /// The control group of a pod's only container.
  func controlGroup(ofContainerIn pod: String) async throws -> String {
    let id = try await jsonpath("pod/\(pod)", ".status.containerStatuses[0].containerID")
    return try await controlGroup(ofPod: pod) + "/" + (id.split(separator: "/").last ?? "")
  }
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
