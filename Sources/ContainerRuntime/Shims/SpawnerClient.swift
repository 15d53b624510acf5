import CLinux
import Glibc
import LinuxSystem
import Synchronization

/// Finds or starts the node's spawner.
final class SpawnerClient: Sendable {
  private let paths: RuntimePaths
  private let cgroups: PodCgroups
  /// Held while it is started: pods that begin together would cover each other's sockets.
  private let starting = Mutex(())

  init(paths: RuntimePaths, cgroups: PodCgroups) {
    self.paths = paths
    self.cgroups = cgroups
  }

  private var socketPath: String { "\(paths.stateDirectory)/spawner.sock" }

  /// Room for the titles that shims show in `ps`.
  private static let titleRoom = String(repeating: " ", count: 256)

  /// A connection to the spawner, which is started when there is none. Blocks.
  func connect() throws(SystemCallError) -> Descriptor {
    if let running = try connectIfRunning() { return running }
    return try starting.withLock { (_) throws(SystemCallError) in
      if let running = try connectIfRunning() { return running }
      try start()
      return try UnixSocket.connect(socketPath)
    }
  }

  /// nil when none runs.
  func connectIfRunning() throws(SystemCallError) -> Descriptor? {
    do {
      return try UnixSocket.connect(socketPath)
    } catch {
      if error.errno == ENOENT || error.errno == ECONNREFUSED { return nil }
      throw error
    }
  }

  /// Runs the spawner and waits until it has gone to the background, which it does when it listens.
  private func start() throws(SystemCallError) {
    let group = cgroups.spawner
    try group.create(below: cgroups.fileSystem.mountPoint, controllers: [])
    for directory in RuntimePaths.volatileDirectories { try keepInMemory("\(paths.stateDirectory)/\(directory)") }
    var pid = pid_t()
    let arguments = [paths.shimExecutable, "spawner", paths.stateDirectory, group.path, Self.titleRoom]
    let pointers = arguments.map { strdup($0) } + [nil]
    defer { pointers.forEach { free($0) } }
    let environment: [UnsafeMutablePointer<CChar>?] = [nil]
    let result = posix_spawn(&pid, paths.shimExecutable, nil, nil, pointers, environment)
    guard result == 0 else { throw SystemCallError(call: "posix_spawn", errno: result, path: paths.shimExecutable) }
    var status: Int32 = 0
    try systemCall("waitpid") { waitpid(pid, &status, 0) }
    guard status == 0 else { throw SystemCallError(call: "start spawner", errno: EIO, path: paths.shimExecutable) }
  }

  /// Sockets and places of mounts mean nothing after a reboot. Where the state directory lies on a disk, each would take an
  /// inode of it all the same, and one directory with as many as there are pods is where ext4 is slow to find the next.
  private func keepInMemory(_ directory: String) throws(SystemCallError) {
    try FileTree.makeDirectories(directory, mode: 0o700)
    // What pods are using already stays reachable.
    let place = try Descriptor.open(directory, O_RDONLY | O_DIRECTORY)
    guard try FileTree.names(in: directory).isEmpty, FileSystemName.of(place) != "tmpfs" else { return }
    let mount = try Mount.make(
      "tmpfs", source: "swiftlet", options: [Mount.Option("mode", "700")],
      attributes: [.noSetUserID, .noDevices, .noExecute])
    try Mount.attach(mount, to: directory)
  }
}
