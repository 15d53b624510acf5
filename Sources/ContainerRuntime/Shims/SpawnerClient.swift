import CLinux
import Glibc
import LinuxSystem

/// Finds or starts the node's spawner.
struct SpawnerClient: Sendable {
  let paths: RuntimePaths
  let cgroup: Cgroup

  private var socketPath: String { "\(paths.stateDirectory)/spawner.sock" }

  /// Room for the titles that shims show in `ps`.
  private static let titleRoom = String(repeating: " ", count: 256)

  /// A connection to the spawner, which is started when there is none. Blocks.
  func connect() throws(SystemCallError) -> Descriptor {
    do {
      return try UnixSocket.connect(socketPath)
    } catch {
      guard error.errno == ENOENT || error.errno == ECONNREFUSED else { throw error }
    }
    try start()
    return try UnixSocket.connect(socketPath)
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
    var pid = pid_t()
    let arguments = [paths.shimExecutable, "spawner", paths.stateDirectory, cgroup.path, Self.titleRoom]
    let pointers = arguments.map { strdup($0) } + [nil]
    defer { pointers.forEach { free($0) } }
    let environment: [UnsafeMutablePointer<CChar>?] = [nil]
    let result = posix_spawn(&pid, paths.shimExecutable, nil, nil, pointers, environment)
    guard result == 0 else { throw SystemCallError(call: "posix_spawn", errno: result, path: paths.shimExecutable) }
    var status: Int32 = 0
    try systemCall("waitpid") { waitpid(pid, &status, 0) }
    guard status == 0 else { throw SystemCallError(call: "start spawner", errno: EIO, path: paths.shimExecutable) }
  }
}
