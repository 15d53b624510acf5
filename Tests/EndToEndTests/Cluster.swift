import Foundation
import Testing

/// A real `swiftlet server` with its node, in a network namespace and folders of its own, and the real kubectl.
struct Cluster: Sendable {
  static let binaries = ProcessInfo.processInfo.environment["SWIFTLET_BIN"] ?? ".build/release"
  /// Images are built once for all clusters; in a virtual machine, before it starts.
  static let builtImages = ProcessInfo.processInfo.environment["SWIFTLET_TEST_IMAGES"]
  static let imageDirectory = builtImages ?? "/tmp/swiftlet-test-images"
  /// Clusters have their folders here; not on an overlay, which can carry no other.
  static let root = ProcessInfo.processInfo.environment["SWIFTLET_TEST_DIRECTORY"] ?? "/tmp"
  static let uplinkAddress = "10.99.0.1"

  let name: String
  let directory: String
  /// How full the disk of the machine is that runs the tests is not theirs.
  var evictionHard = "memory.available<10Mi"
  /// Further flags of `kubectl apply`.
  var applyFlags: [String] = []
  /// Further flags of the server alone.
  var serverFlags: [String] = []

  var kubeconfig: String { directory + "/kubeconfig.yaml" }
  var stateDirectory: String { directory + "/state" }
  var cgroup: String { "swiftlet-test-\(name)" }
  var serverLog: String { directory + "/server.log" }

  /// The flags of `swiftlet server` and its companions on this cluster.
  var flags: [String] {
    [
      "--data-dir", directory + "/data", "--state-dir", stateDirectory, "--kubelet-dir", directory + "/kubelet",
      "--log-dir", directory + "/log", "--image-dir", Self.imageDirectory, "--cgroup-parent", cgroup,
    ]
  }

  // MARK: What a user does

  /// Runs in the node's network.
  func onNode(_ arguments: [String], input: String? = nil) async throws -> CommandOutput {
    try await run(["nsenter", "--net=/run/netns/\(name)"] + arguments, input: input)
  }

  func kubectl(_ arguments: String..., input: String? = nil) async throws -> String {
    let result = try await tryKubectl(arguments, input: input)
    guard result.status == 0 else { throw CommandFailed(result: result) }
    return result.output
  }

  func tryKubectl(_ arguments: [String], input: String? = nil) async throws -> CommandOutput {
    try await onNode(["kubectl", "--kubeconfig", kubeconfig] + arguments, input: input)
  }

  func apply(_ manifest: String) async throws {
    let result = try await tryKubectl(["apply", "-f", "-"] + applyFlags, input: manifest)
    guard result.status == 0 else { throw CommandFailed(result: result) }
  }

  func jsonpath(_ object: String, _ path: String) async throws -> String {
    try await kubectl("get", object, "-o", "jsonpath={\(path)}")
  }

  func fetch(_ url: String, method: String = "GET") async throws -> CommandOutput {
    try await onNode(["curl", "-sS", "--max-time", "5", "-X", method, url])
  }

  func waitForReady(_ object: String, seconds: Int = 60) async throws {
    _ = try await kubectl("wait", "--for=condition=Ready", object, "--timeout=\(seconds)s")
  }

  /// The host's process number of a container's first process.
  func processID(ofPod pod: String) async throws -> Int32 {
    let uid = try await jsonpath("pod/\(pod)", ".metadata.uid")
    return try await eventually("a process of pod \(pod)") {
      // Containers have groups of their own below the pod's; the shim's is not meant.
      let group = ".*/pod\(uid)/[0-9a-f]{64}"
      let find = "find \(Self.cgroupMount)/\(cgroup) -regextype posix-extended -regex '\(group)'"
      return try await run(["sh", "-c", find]).lines.lazy.compactMap(Self.firstProcess).first
    }
  }

  /// The member of a container's control group that its process namespace numbers 1. Not the lowest number of the host:
  /// those begin again from below when they are used up.
  static func firstProcess(ofGroup group: String) -> Int32? {
    let members = (try? String(contentsOfFile: group + "/cgroup.procs", encoding: .utf8)) ?? ""
    return members.split(separator: "\n").compactMap { Int32($0) }.first { pid in
      let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
      let numbers = status.split(separator: "\n").first { $0.hasPrefix("NSpid:") }?.split(separator: "\t") ?? []
      return numbers.count > 2 && numbers.last == "1"
    }
  }

  static let cgroupMount: String = {
    let mounts = (try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)) ?? ""
    let line = mounts.split(separator: "\n").first { $0.contains(" - cgroup2 ") }
    return line.map { String($0.split(separator: " ")[4]) } ?? "/sys/fs/cgroup"
  }()

  // MARK: The server's life

  /// - Parameter binaries: the folder of the programs.
  func startServer(from binaries: String = Self.binaries) async throws {
    let log = serverLog
    let flags = (["server"] + flags + [
      "--write-kubeconfig", kubeconfig, "--advertise-address", Self.uplinkAddress, "--node-name", "node-1",
      "--eviction-hard", "'\(evictionHard)'",
    ] + serverFlags).joined(separator: " ")
    try await check([
      "sh", "-c",
      "setsid --fork nsenter --net=/run/netns/\(name) \(binaries)/swiftlet \(flags) >>\(log) 2>&1 </dev/null",
    ])
    do {
      try await eventually("the node is Ready", within: 120) {
        try await kubectl("wait", "--for=condition=Ready", "node/node-1", "--timeout=10s")
      }
    } catch {
      let log = (try? String(contentsOfFile: serverLog, encoding: .utf8)) ?? ""
      throw NotReached(description: "\(error)\n\(log.suffix(4000))")
    }
  }

  var serverPID: Int32? {
    (try? String(contentsOfFile: stateDirectory + "/server.pid", encoding: .utf8))
      .flatMap { Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
  }

  func killServer(_ signal: Int32 = SIGKILL) async throws {
    let pid = try #require(serverPID)
    kill(pid, signal)
    try await eventually("the server ends") { kill(pid, 0) == 0 ? nil : true }
  }

  // MARK: Beginning and end

  /// Runs `body` against a fresh cluster, then takes it down and checks that the kernel holds nothing of it any more.
  ///
  /// - Parameter arrange: what is to be done to the machine before the server starts.
  static func with(
    arrange: (Cluster) async throws -> Void = { _ in }, _ body: (Cluster) async throws -> Void
  ) async throws {
    try await with(fresh(), arrange: arrange, body)
  }

  /// One that nobody has used yet.
  static func fresh() -> Cluster {
    let name = "sw" + UUID().uuidString.prefix(6).lowercased()
    return Cluster(name: name, directory: "\(root)/swiftlet-e2e-\(name)")
  }

  /// As above, with a name and folder that the caller chose.
  static func with(
    _ cluster: Cluster, arrange: (Cluster) async throws -> Void = { _ in }, _ body: (Cluster) async throws -> Void
  ) async throws {
    do {
      try await cluster.prepare()
      try await arrange(cluster)
      try await cluster.startServer()
      try await body(cluster)
    } catch {
      let log = (try? String(contentsOfFile: cluster.serverLog, encoding: .utf8)) ?? ""
      Issue.record("\(error)\nthe server's last words:\n\(log.suffix(3000))")
    }
    try await cluster.takeDown()
  }

  /// The node's network and folder.
  func prepare() async throws {
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    try await Self.buildImages()
    for command in [
      "ip netns add \(name)", "ip -n \(name) link set lo up", "ip -n \(name) link add uplink type bridge",
      "ip -n \(name) addr add \(Self.uplinkAddress)/24 dev uplink", "ip -n \(name) link set uplink up",
      "ip -n \(name) route add default dev uplink",
    ] { try await check(command.split(separator: " ").map(String.init)) }
  }

  private func takeDown() async throws {
    let down = try await onNode([Self.binaries + "/swiftlet", "down"] + flags)
    #expect(down.status == 0, "\(down.output) \(down.errors)")
    let residue = try await residue()
    #expect(residue.isEmpty, "left behind: \(residue)")
    try await check(["ip", "netns", "delete", name])
    try FileManager.default.removeItem(atPath: directory)
  }

  /// What the kernel still holds of this cluster: mounts, cgroups, processes, links and tables.
  func residue() async throws -> [String] {
    let mounts = try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)
      .split(separator: "\n").filter { $0.contains(directory) }.map { "mount \($0)" }
    let cgroups = FileManager.default.fileExists(atPath: "\(Self.cgroupMount)/\(cgroup)") ? ["cgroup \(cgroup)"] : []
    let processes = try await run(["pgrep", "-fa", directory]).lines
      .filter { !$0.contains("pgrep") }.map { "process \($0)" }
    let links = try await onNode(["ip", "-brief", "link"]).lines
      .filter { !$0.hasPrefix("lo ") && !$0.hasPrefix("uplink ") }.map { "link \($0)" }
    let tables = try await onNode(["nft", "list", "tables"]).lines.map { "nft \($0)" }
    return mounts + cgroups + processes + links + tables
  }

  private static func buildImages() async throws {
    guard builtImages == nil else { return }
    for image in ["busybox", "nodejs-app"] {
      try await check(
        [binaries + "/swiftlet", "image", "build", "--if-changed", "--image-dir", imageDirectory, "rootfs/\(image)"])
    }
  }
}
