import Glibc
import LinuxSystem
import ShimProtocol

/// A user namespace for one pod, shared by its containers. A process of its own is born in it and makes, as its root, the
/// pod's other namespaces, which so belong to it; the shim joins those and stays root of the machine.
enum PodUserNamespace {
  /// - Returns: the user namespace, which lives as long as this descriptor or a process in it.
  static func enterOwned(by range: UserIDRange, _ program: SandboxProgram) throws(ShimFailure) -> Descriptor {
    try enter(range, program).get()
  }

  private static func enter(_ range: UserIDRange, _ program: SandboxProgram) -> Result<Descriptor, ShimFailure> {
    do throws(SystemCallError) {
      let streams = try ChildStreams(.input)
      let maker = try clone(program, streams)
      streams.releaseChild()
      let namespace = try join(maker, range, program, streams)
      _ = try maker.wait()
      return namespace
    } catch {
      return .failure(ShimFailure(kind: .shim, errno: error.errno, message: error.description))
    }
  }

  /// The maker's input ends with this function: it has done its work then, or has failed.
  private static func join(
    _ maker: ChildProcess, _ range: UserIDRange, _ program: SandboxProgram, _ streams: ChildStreams
  ) throws(SystemCallError) -> Result<Descriptor, ShimFailure> {
    guard let orders = streams.take(.input) else { throw SystemCallError(call: "pipe2", errno: EBADF) }
    let namespace = try map(maker, range)
    try orders.writeAll([1])
    if let failure = ChildReport.read(streams.report) { return .failure(failure) }
    try Namespaces(rawValue: program.namespaces).enter(maker.pidfd)
    return withExtendedLifetime(orders) { .success(namespace) }
  }

  private static func clone(_ program: SandboxProgram, _ streams: ChildStreams) throws(SystemCallError) -> ChildProcess {
    do {
      if let maker = try ChildProcess.clone(.user, cgroup: nil) { return maker }
    } catch {
      // ENOSPC: user.max_user_namespaces; EINVAL: a kernel without them.
      throw SystemCallError(
        call: "\(FileSystemName.kernel) gives no user namespace (see sysctl user.max_user_namespaces): \(error.call)",
        errno: error.errno)
    }
    make(program, streams)
  }

  /// In the new namespace: waits until it has ids, makes the other namespaces and keeps them until the shim has joined.
  private static func make(_ program: SandboxProgram, _ streams: ChildStreams) -> Never {
    // The shim's ends: with them open here this process could not see the shim let go.
    _ = streams.take(.input)
    close(streams.report.raw)
    guard let ends = streams.child else { _exit(1) }
    do throws(SystemCallError) {
      guard try FileTree.read(ends.input, maximumBytes: 1).count == 1 else { _exit(1) }
      try CurrentProcess.setIdentity(uid: 0, gid: 0, groups: [])
      try SandboxNamespaces.makeOwn(program)
      close(ends.report.raw)
      _ = try FileTree.read(ends.input)
      _exit(0)
    } catch {
      ChildReport.write(ShimFailure(kind: .shim, errno: error.errno, message: error.description), to: ends.report)
      _exit(1)
    }
  }

  private static func map(_ maker: ChildProcess, _ range: UserIDRange) throws(SystemCallError) -> Descriptor {
    for file in ["uid_map", "gid_map"] { try FileTree.write(range.mapText, to: "/proc/\(maker.pid)/\(file)") }
    return try Descriptor.open("/proc/\(maker.pid)/ns/user", O_RDONLY)
  }
}
