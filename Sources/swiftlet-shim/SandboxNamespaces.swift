import CLinux
import Glibc
import LinuxSystem
import ShimProtocol

/// Makes what the containers of a pod share, for the calling process.
enum SandboxNamespaces {
  /// - Returns: the init of the shared PID namespace, when there is one, and the pod's own user namespace, which the
  ///   calling process does not enter.
  static func enter(
    _ program: SandboxProgram
  ) throws(ShimFailure) -> (sharedInit: ChildProcess?, userNamespace: Descriptor?) {
    let userNamespace = try program.userIDs.map { (range) throws(ShimFailure) in
      try PodUserNamespace.enterOwned(by: range, program)
    }
    do throws(SystemCallError) {
      if userNamespace == nil { try makeOwn(program) }
      try mountSharedMemory(program)
      return (program.sharesProcesses ? try startInit(userNamespace) : nil, userNamespace)
    } catch {
      throw ShimFailure(kind: .shim, errno: error.errno, message: error.description)
    }
  }

  /// The pod's namespaces as its containers are to find them.
  static func makeOwn(_ program: SandboxProgram) throws(SystemCallError) {
    let namespaces = Namespaces(rawValue: program.namespaces)
    if !namespaces.isEmpty { try namespaces.unshare() }
    if namespaces.contains(.network) {
      try systemCall("ioctl", path: "lo") { cl_interface_up("lo") }
    }
    if namespaces.contains(.uts), !program.hostname.isEmpty {
      try systemCall("sethostname", path: program.hostname) {
        sethostname(program.hostname, program.hostname.utf8.count)
      }
    }
    // /proc/sys shows the network and IPC values of the process that opens it: the pod's, from here on.
    for sysctl in program.sysctls {
      try FileTree.write(sysctl.value, to: "/proc/sys/\(path(of: sysctl.name))")
    }
  }

  /// `net.ipv4.ip_forward` is `net/ipv4/ip_forward`; a name with slashes keeps its dots (sysctl.d(5)).
  private static func path(of name: String) -> String {
    let slash = name.firstIndex(of: "/")
    let dot = name.firstIndex(of: ".")
    if let slash, dot.map({ slash < $0 }) ?? true { return name }
    return String(name.map { $0 == "." ? "/" : $0 == "/" ? "." : $0 })
  }

  private static func mountSharedMemory(_ program: SandboxProgram) throws(SystemCallError) {
    guard !program.sharedMemoryPath.isEmpty else { return }
    var options = [Mount.Option("size", "\(program.sharedMemoryBytes)"), Mount.Option("mode", "1777")]
    if let owner = program.userIDs?.first {
      options += [Mount.Option("uid", "\(owner)"), Mount.Option("gid", "\(owner)")]
    }
    let mount = try Mount.make(
      "tmpfs", source: "shm", options: options, attributes: [.noSetUserID, .noDevices, .noExecute])
    try FileTree.makeDirectories(program.sharedMemoryPath, mode: 0o700)
    try Mount.attach(mount, to: program.sharedMemoryPath)
  }

  private static func startInit(_ userNamespace: Descriptor?) throws(SystemCallError) -> ChildProcess {
    try Namespaces.pid.unshare()
    if let child = try ChildProcess.clone([], cgroup: nil) { return child }
    // Orphans of the pod are reaped by the kernel; the namespace lives as long as this process.
    cl_reset_signals()
    ignoreSignal(SIGCHLD)
    ProcessTitle.set("swiftlet-shim: pause")
    if let userNamespace { leaveMachine(for: userNamespace) }
    try? CurrentProcess.setParentDeathSignal(SIGKILL)
    try? CurrentProcess.close(from: 3)
    while true { pause() }
  }

  /// The pod's containers see this process: it must be nobody to them that the machine would obey.
  private static func leaveMachine(for userNamespace: Descriptor) {
    do throws(SystemCallError) {
      try Namespaces.user.enter(userNamespace)
      try CurrentProcess.setIdentity(uid: 0, gid: 0, groups: [])
    } catch {
      _exit(1)
    }
  }
}
