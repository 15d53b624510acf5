import Glibc
import ImageStore
import LinuxSystem
import Testing

@testable import ContainerRuntime

/// A runtime of its own under a fresh directory, with an image of busybox made from the machine's.
final class RuntimeFixture: Sendable {
  let directory: String
  let paths: RuntimePaths
  let runtime: ContainerRuntime
  let image: Image

  /// Why these tests cannot run here; nil when they can.
  static let obstacle: String? = {
    if geteuid() != 0 { return "needs root for namespaces, mounts and cgroups" }
    if !FileTree.exists("/bin/busybox") { return "needs /bin/busybox: apt-get install busybox-static" }
    if !FileTree.exists(shimExecutable) { return "needs \(shimExecutable): swift build --product swiftlet-shim" }
    return nil
  }()

  /// Of the build that is tested; `SWIFTLET_BIN` names its folder when it is not the usual one.
  static let shimExecutable: String = {
    let folder = getenv("SWIFTLET_BIN").map { String(cString: $0) } ?? ".build/debug"
    let working = (try? FileTree.readLink("/proc/self/cwd")) ?? "."
    return (folder.hasPrefix("/") ? folder : "\(working)/\(folder)") + "/swiftlet-shim"
  }()

  init() async throws {
    let name = "swiftlet-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    // A virtual machine's own root is an overlay, which no other overlay can write to.
    directory = "\(getenv("SWIFTLET_TEST_DIRECTORY").map { String(cString: $0) } ?? "/var/tmp")/\(name)"
    paths = RuntimePaths(
      stateDirectory: "/run/\(name)", containerDirectory: "\(directory)/containers", cgroupParent: name,
      shimExecutable: Self.shimExecutable)
    for path in ["\(directory)/logs", "\(directory)/volumes"] { try FileTree.makeDirectories(path) }
    image = try Self.makeImage("\(directory)/layer")
    runtime = try await ContainerRuntime(paths: paths)
  }

  private static func makeImage(_ layer: String) throws -> Image {
    for name in ["bin", "etc", "tmp", "root", "home/app"] { try FileTree.makeDirectories("\(layer)/\(name)") }
    let busybox = try FileTree.read("/bin/busybox", maximumBytes: 16 << 20)
    let file = try Descriptor.open("\(layer)/bin/busybox", O_WRONLY | O_CREAT, mode: 0o755)
    try file.writeAll(busybox)
    for applet in [
      "sh", "cat", "id", "ls", "sleep", "true", "false", "env", "pwd", "mount", "touch", "kill", "stat", "hostname", "dd",
      "yes", "head", "mknod", "readlink", "ps", "grep", "ln", "mkdir", "rm", "wc", "seq", "chmod", "umount", "ip",
      "printf", "test", "unshare", "echo", "tail", "tr", "awk", "ulimit", "cut", "stty", "tty", "nc",
    ] {
      symlink("busybox", "\(layer)/bin/\(applet)")
    }
    chmod("\(layer)/tmp", 0o1777)
    let passwd = "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001:App:/home/app:/bin/sh\n"
    try FileTree.write(passwd, to: "\(layer)/etc/passwd", create: true)
    try FileTree.write("root:x:0:\nwheel:x:10:root\napp:x:1001:\nextra:x:2002:app\n", to: "\(layer)/etc/group", create: true)
    return Image(id: "sha256:test", layerDirectories: [layer])
  }

  /// Ends everything, whatever the test left.
  func tearDown() async throws {
    runtime.shutdown()
    let last = try await ContainerRuntime(paths: paths)
    try await last.tearDown()
    last.shutdown()
    try FileTree.remove(directory)
    try FileTree.remove(paths.stateDirectory)
  }

  /// The places of all mounts of the machine but those that the first pod of a runtime makes for all that follow.
  func mountPoints() throws -> [String] {
    let lasting = RuntimePaths.volatileDirectories.map { "\(paths.stateDirectory)/\($0)" }
    return try MountInfo.current().map(\.mountPoint).filter { !lasting.contains($0) }
  }

  /// Runs the test with a fixture and tears it down either way.
  static func with(_ body: (RuntimeFixture) async throws -> Void) async throws {
    let fixture = try await RuntimeFixture()
    do {
      try await body(fixture)
    } catch {
      try await fixture.tearDown()
      throw error
    }
    try await fixture.tearDown()
  }

  // MARK: Pods and containers

  func startPod(_ uid: String = "uid-1", _ change: (inout PodSandboxConfig) -> Void = { _ in }) async throws -> SandboxStatus {
    var config = PodSandboxConfig(uid: uid, name: "web", namespace: "default", hostname: "web")
    change(&config)
    return try await runtime.startSandbox(config)
  }

  func container(
    _ arguments: [String], name: String = "main", pod: String = "uid-1",
    _ change: (inout ContainerConfig) -> Void = { _ in }
  ) -> ContainerConfig {
    var config = ContainerConfig(
      podUID: pod, name: name, image: image, arguments: arguments, environment: ["GREETING=hello"],
      logPath: "\(directory)/logs/\(name).log")
    change(&config)
    return config
  }

  func shell(_ script: String, _ change: (inout ContainerConfig) -> Void = { _ in }) -> ContainerConfig {
    container(["/bin/sh", "-c", script], change)
  }

  /// Starts a container in a pod of its own and waits for its end.
  func run(_ config: ContainerConfig) async throws -> (exit: ExitInfo, log: String) {
    let exits = runtime.events()
    let started = try await runtime.startContainer(config)
    let exit = try await exitOf(started.id, exits)
    return (exit, try log(config))
  }

  func exitOf(_ id: String, _ events: AsyncStream<RuntimeEvent>) async throws -> ExitInfo {
    for await event in events {
      if case .containerExited(_, let status) = event, status.id == id, let exit = status.exit { return exit }
    }
    throw RuntimeError(.notFound, "the events ended before container \(id) did")
  }

  /// As above, for an exit that may have been told before the events were asked for.
  func exitOf(_ id: String, _ events: AsyncStream<RuntimeEvent>, orIn fixture: RuntimeFixture) async throws -> ExitInfo {
    let known = try await runtime.pods().flatMap(\.containers).first { $0.id == id }?.exit
    if let known { return known }
    return try await exitOf(id, events)
  }

  /// Waits, by inotify on the log's directory, until what the container wrote is as wanted.
  func waitForLog(_ config: ContainerConfig, until isWanted: (String) -> Bool) async throws {
    let watcher = try Inotify()
    try watcher.watch("\(directory)/logs", .anyChange)
    while !isWanted((try? log(config)) ?? "") {
      guard try watcher.descriptor.waitReadable(timeoutMilliseconds: 10_000) else {
        throw RuntimeError(.notFound, "the log did not come: \((try? log(config)) ?? "")")
      }
      try watcher.discard()
    }
  }

  /// The container's output without the log's own columns.
  func log(_ config: ContainerConfig) throws -> String {
    let text = String(decoding: try FileTree.read(config.logPath, maximumBytes: 64 << 20), as: UTF8.self)
    // By scalars: what a terminal writes ends with "\r\n", which is one character.
    return text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { line in
      let fields = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
      return fields.count == 4 ? String(fields[3]) : "malformed log line: \(line)"
    }.joined(separator: "\n")
  }
}
