import CLinux
import Glibc
import LinuxSystem
import ShimProtocol

/// Makes what the containers of a pod share, for the calling process.
enum SandboxNamespaces {
  /// - Returns: the init of the shared PID namespace, when there is one.
  static func enter(_ program: SandboxProgram) throws(SystemCallError) -> ChildProcess? {
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
    try mountSharedMemory(program)
    return program.sharesProcesses ? try startInit() : nil
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
    let mount = try Mount.make(
      "tmpfs", source: "shm",
      options: [Mount.Option("size", "\(program.sharedMemoryBytes)"), Mount.Option("mode", "1777")],
      attributes: [.noSetUserID, .noDevices, .noExecute])
    try FileTree.makeDirectories(program.sharedMemoryPath, mode: 0o700)
    try Mount.attach(mount, to: program.sharedMemoryPath)
  }

  private static func startInit() throws(SystemCallError) -> ChildProcess {
    try Namespaces.pid.unshare()
    if let child = try ChildProcess.clone([], cgroup: nil) { return child }
    // Orphans of the pod are reaped by the kernel; the namespace lives as long as this process.
    cl_reset_signals()
    ignoreSignal(SIGCHLD)
    ProcessTitle.set("swiftlet-shim: pause")
    try? CurrentProcess.setParentDeathSignal(SIGKILL)
    try? CurrentProcess.close(from: 3)
    while true { pause() }
  }
}
