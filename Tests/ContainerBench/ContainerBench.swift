import ContainerRuntime
import Glibc
import ImageStore
import LinuxSystem

/// Starts containers for `scripts/bench container`, which pairs each with a run of the peer: for each line of standard
/// input one container from the given root is created, started, waited for and removed, in a pod that is there already
/// (`container`) or in a pod of its own (`pod`); for a line `exec` a command is run in a container that sleeps. Prints the
/// milliseconds from the order to the exit, a line for each.
///
///     container-bench ROOT SHIM COMMAND…
@main enum ContainerBench {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count >= 4 else { throw Usage() }
    let bench = try await BenchNode(layer: arguments[1], shim: arguments[2], command: Array(arguments[3...]))
    var held: String?
    do {
      try await bench.startPod("shared")
      while let line = readLine() {
        let took: Duration
        switch line {
        case "pod": took = try await bench.runInOwnPod()
        case "exec":
          let id: String
          if let held { id = held } else { id = try await bench.hold(in: "shared") }
          held = id
          took = try await bench.execute(in: id)
        default: took = try await bench.runContainer(in: "shared")
        }
        print(Double(took.components.attoseconds) / 1e15 + Double(took.components.seconds) * 1000)
        fflush(nil)
      }
    } catch {
      try await bench.tearDown()
      throw error
    }
    try await bench.tearDown()
  }
}

private struct Usage: Error, CustomStringConvertible {
  var description: String { "usage: container-bench ROOT SHIM COMMAND..." }
}

/// A runtime in directories of its own.
struct BenchNode {
  private let runtime: ContainerRuntime
  private let paths: RuntimePaths
  private let directory: String
  private let image: Image
  private let command: [String]
  private let exits: AsyncStream<RuntimeEvent>

  init(layer: String, shim: String, command: [String]) async throws {
    let name = "swiftlet-bench-\(getpid())"
    directory = "/var/tmp/\(name)"
    paths = RuntimePaths(
      stateDirectory: "/run/\(name)", containerDirectory: "\(directory)/containers", cgroupParent: name,
      shimExecutable: shim)
    try FileTree.makeDirectories(directory)
    image = Image(id: "sha256:bench", layerDirectories: [layer])
    self.command = command
    runtime = try await ContainerRuntime(paths: paths)
    exits = runtime.events()
  }

  func startPod(_ uid: String) async throws {
    _ = try await runtime.startSandbox(PodSandboxConfig(uid: uid, name: uid, namespace: "bench", hostname: uid))
  }

  func runContainer(in uid: String) async throws -> Duration {
    let start = ContinuousClock.now
    let config = ContainerConfig(podUID: uid, name: "main", image: image, arguments: command)
    let started = try await runtime.startContainer(config)
    for await event in exits {
      if case .containerExited(_, let status) = event, status.id == started.id { break }
    }
    let took = ContinuousClock.now - start
    try await runtime.removeContainer(id: started.id)
    return took
  }

  /// A container that stays.
  func hold(in uid: String) async throws -> String {
    let sleep = [command[0], "sleep", "100000"]
    return try await runtime.startContainer(ContainerConfig(podUID: uid, name: "held", image: image, arguments: sleep)).id
  }

  /// Where the node agent's prober runs too.
  func execute(in id: String) async throws -> Duration {
    try await withTaskExecutorPreference(runtime.loop) {
      let start = ContinuousClock.now
      _ = try await runtime.exec(containerID: id, command, timeoutSeconds: 10)
      return ContinuousClock.now - start
    }
  }

  func runInOwnPod() async throws -> Duration {
    let start = ContinuousClock.now
    try await startPod("own")
    let sandbox = ContinuousClock.now - start
    let container = try await runContainer(in: "own")
    try await runtime.stopSandbox(uid: "own")
    return sandbox + container
  }

  func tearDown() async throws {
    try await runtime.tearDown()
    runtime.shutdown()
    try FileTree.remove(directory)
    try FileTree.remove(paths.stateDirectory)
  }
}
