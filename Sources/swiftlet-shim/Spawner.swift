import CLinux
import Glibc
import LinuxSystem
import ShimProtocol

/// The process that every shim is forked from: it holds nothing but a socket, so a fork copies next to nothing.
final class Spawner {
  /// Agents that have connected and not said yet what they want.
  private static let maximumWaiting = 256

  private let stateDirectory: String
  private let listener: Descriptor
  /// nil: could not be made, which is in the log.
  private let bareMounts: Descriptor?
  private let epoll: Epoll
  private var waiting: [UInt64: (connection: Descriptor, buffer: [UInt8])] = [:]
  private var nextToken: UInt64 = 1

  /// Goes to the background in a session and cgroup of its own and serves until told to end. The calling process exits
  /// when the socket listens, so that its parent may connect; it also exits well when another spawner serves already.
  static func daemonize(stateDirectory: String, cgroupPath: String) throws(SystemCallError) {
    try FileTree.makeDirectories("\(stateDirectory)/shims", mode: 0o700)
    let lock = try Descriptor.open("\(stateDirectory)/spawner.lock", O_RDWR | O_CREAT, mode: 0o600)
    if flock(lock.raw, LOCK_EX | LOCK_NB) != 0 { exit(errno == EWOULDBLOCK ? 0 : 1) }
    let listener = try UnixSocket.listen("\(stateDirectory)/spawner.sock")
    // Its own cgroup, or ending the agent's service would end every pod's shim with it.
    try FileTree.write("0", to: "\(cgroupPath)/cgroup.procs")
    if try systemCall("fork", { forkProcess() }) != 0 { exit(0) }
    try systemCall("setsid") { setsid() }
    try detachStandardStreams(log: "\(stateDirectory)/shim.log")
    try Spawner(stateDirectory: stateDirectory, listener: listener).serve()
    withExtendedLifetime(lock) {}
  }

  private static func detachStandardStreams(log: String) throws(SystemCallError) {
    let null = try Descriptor.open("/dev/null", O_RDWR)
    let file = try Descriptor.open(log, O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
    for (from, to) in [(null, 0), (null, 1), (file, 2)] as [(Descriptor, Int32)] {
      try systemCall("dup2") { dup2(from.raw, to) }
    }
    try systemCall("chdir") { chdir("/") }
    umask(0o022)
    // Shims inherit it: the kernel should take any container before the process that holds them.
    try CurrentProcess.setOOMScoreAdjust(-999)
  }

  private init(stateDirectory: String, listener: Descriptor) throws(SystemCallError) {
    self.stateDirectory = stateDirectory
    self.listener = listener
    epoll = try Epoll()
    try epoll.add(listener, token: 0, .readable)
    // Shims inherit it: their memory counts once per pod.
    cl_keep_heap_small()
    // What the agent ignores or blocks is not for containers to inherit.
    cl_reset_signals()
    ignoreSignal(SIGPIPE)
    // Shims are reaped by the kernel: their end is the agent's to see, on their sockets.
    ignoreSignal(SIGCHLD)
    bareMounts = Self.makeBareMounts(over: stateDirectory)
    HugeText.use()
    Rehearsal.run()
    ProcessTitle.set("swiftlet-shim: spawner")
  }

  private static func makeBareMounts(over place: String) -> Descriptor? {
    do throws(SystemCallError) {
      return try BareMounts.make(over: place)
    } catch {
      ShimLog.write("spawner: containers begin with copies of the machine's mounts: \(error)")
      return nil
    }
  }

  private func serve() throws(SystemCallError) {
    while true {
      for event in try epoll.wait(timeoutMilliseconds: -1) {
        if event.token == 0 { try acceptOne() } else { receive(event.token) }
      }
    }
  }

  private func acceptOne() throws(SystemCallError) {
    guard let connection = try UnixSocket.accept(listener) else { return }
    guard waiting.count < Self.maximumWaiting else { return }
    let token = nextToken
    nextToken += 1
    try epoll.add(connection, token: token, .readable)
    waiting[token] = (connection, [])
  }

  private func receive(_ token: UInt64) {
    guard var entry = waiting[token] else { return }
    do {
      guard try entry.connection.readAvailable(into: &entry.buffer) else { return drop(token) }
      waiting[token] = entry
      guard let frame = try ShimFrame.take(from: &entry.buffer) else { return }
      drop(token)
      answer(frame, entry.connection)
    } catch {
      ShimLog.write("spawner: request refused: \(error)")
      drop(token)
    }
  }

  private func drop(_ token: UInt64) {
    guard let entry = waiting.removeValue(forKey: token) else { return }
    epoll.remove(entry.connection)
  }

  private func answer(_ frame: ShimFrame, _ connection: Descriptor) {
    switch frame.message {
    case .createSandbox(let program):
      spawn(program, correlation: frame.correlation, connection)
    case .endSpawner:
      unlink("\(stateDirectory)/spawner.sock")
      connection.sendFrame(ShimFrame(correlation: frame.correlation, message: .done))
      exit(0)
    default:
      let failure = ShimFailure(kind: .notFound, message: "the spawner only makes sandboxes")
      connection.sendFrame(ShimFrame(correlation: frame.correlation, message: .failed(failure)))
    }
  }

  /// Forks the pod's shim into the pod's cgroup; it goes on with the connection.
  private func spawn(_ program: SandboxProgram, correlation: UInt32, _ connection: Descriptor) {
    do throws(SystemCallError) {
      let cgroup = try Cgroup(path: program.facts.cgroupPath).child(SandboxProgram.shimGroup).open()
      if try ChildProcess.clone([], cgroup: cgroup) != nil { return }
    } catch {
      let failure = ShimFailure(kind: .shim, errno: error.errno, message: error.description)
      return connection.sendFrame(ShimFrame(correlation: correlation, message: .failed(failure)))
    }
    // Never released: their numbers are reused from here on.
    _ = Unmanaged.passRetained(connection)
    _ = bareMounts.map(Unmanaged.passRetained)
    Shim.run(program, correlation: correlation, connection: connection.raw, bareMounts: bareMounts?.raw)
  }
}
