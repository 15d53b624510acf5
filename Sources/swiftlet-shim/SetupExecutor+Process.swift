import CLinux
import Glibc
import LinuxSystem
import ShimProtocol

extension SetupExecutor {
  mutating func enterNamespaces(_ types: UInt64) throws {
    guard let target else {
      throw ShimFailure(kind: .setup, message: "no process to enter")
    }
    try Namespaces(rawValue: types).enter(target)
    root = try RootedDirectory(path: "/")
  }

  /// Keys of the shim are no business of the container's. Kernels without keyrings have none to keep apart.
  func joinKeyring() {
    _ = cl_join_session_keyring()
  }

  /// Goes to the directory and makes sure that it lies in this root: a leaked descriptor could lead out
  /// (CVE-2024-21626).
  func enterWorkingDirectory(_ path: String, _ isMade: Bool) throws {
    let path = path.isEmpty ? "/" : path
    if isMade { _ = try RootedDirectory(path: "/").ensure(path, .directory) }
    try systemCall("chdir", path: path) { chdir(path) }
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    guard getcwd(&buffer, buffer.count) != nil else {
      throw ShimFailure(
        kind: .setup, errno: errno,
        message: "current working directory is outside of container mount namespace root")
    }
  }

  /// After the new session, which it is to control; before the user changes, who owns it from then on.
  func openTerminal(_ size: WindowSize, isConsole: Bool) throws {
    guard let console else { throw ShimFailure(kind: .setup, message: "nobody waits for the terminal") }
    let root = try rootDirectory()
    let terminal = try Terminal(in: root)
    if size != WindowSize() { try Terminal.resize(terminal.device, columns: size.columns, rows: size.rows) }
    try terminal.take()
    if isConsole {
      try Mount.attach(try Mount.clone(terminal.device, recursive: false), to: consolePlace(in: root))
    }
    _ = try UnixSocket.send([0], descriptors: [terminal.controller], to: console)
  }

  /// The device comes by its descriptor, and no link is followed to where it goes: over a file of /proc it would swallow
  /// what is written there to confine the container (CVE-2025-52565, CVE-2025-52881).
  private func consolePlace(in root: RootedDirectory) throws -> Descriptor {
    let path = "/dev/console"
    do throws(SystemCallError) {
      return try root.open(path, cl_o_path, resolve: cl_resolve_no_symlinks)
    } catch {
      guard error.errno == ENOENT else { throw error }
      _ = try root.ensure(path, .file)
      return try root.open(path, cl_o_path, resolve: cl_resolve_no_symlinks)
    }
  }

  // MARK: Who

  func resolve(_ request: UserRequest) throws -> ResolvedUser {
    let root = try rootDirectory()
    return try UserDatabase(passwd: text("etc/passwd", in: root), group: text("etc/group", in: root)).resolve(request)
  }

  /// Images may have neither file.
  private func text(_ path: String, in root: RootedDirectory) throws -> String {
    let file: Descriptor
    do throws(SystemCallError) {
      file = try root.open(path, O_RDONLY)
    } catch {
      if error.errno == ENOENT || error.errno == ENOTDIR { return "" }
      throw error
    }
    return String(decoding: try FileTree.read(file), as: UTF8.self)
  }

  /// Groups before user, while that is still allowed; capabilities are kept for the steps that follow.
  func becomeUser() throws {
    for stream: Int32 in 0...2 {
      // So that the program may open /dev/stdout by name; /dev/null is everybody's already.
      var status = stat()
      guard fstat(stream, &status) == 0 else { continue }
      // A terminal keeps its group, tty, by which others may write to it.
      if status.st_mode & S_IFMT == S_IFIFO { fchown(stream, user.uid, user.gid) }
      if isatty(stream) == 1 { fchown(stream, user.uid, status.st_gid) }
    }
    try Capabilities.keepAcrossIdentityChange(true)
    try CurrentProcess.setIdentity(uid: user.uid, gid: user.gid, groups: user.groups)
    try Capabilities.keepAcrossIdentityChange(false)
  }

  /// After the last change of credentials, which forgets it. A shim that died before is seen by its pipe's end.
  func dieWithParent() throws {
    try CurrentProcess.setParentDeathSignal(SIGKILL)
    var pipe = pollfd(fd: report.raw, events: Int16(POLLOUT), revents: 0)
    if poll(&pipe, 1, 0) > 0, pipe.revents & Int16(POLLERR) != 0 { _exit(1) }
  }

  // MARK: What

  func execute(_ arguments: [String], _ environment: [String]) throws {
    var environment = environment
    if !environment.contains(where: { $0.hasPrefix("HOME=") }) { environment.append("HOME=\(user.home)") }
    let program = try ProgramSearch.find(arguments.first ?? "", environment: environment)
    umask(0o022)
    cl_reset_ignored_signals()
    // Nothing of the shim's or the machine's is left open for the program.
    try CurrentProcess.closeOnExec(from: 3)
    execve(program, ArgumentList(arguments).pointers, ArgumentList(environment).pointers)
    throw ShimFailure(
      kind: .setup, errno: errno, exitCode: errno == ENOENT ? 127 : 126,
      message: "exec \(program): \(SystemCallError.text(of: errno))")
  }
}

/// Texts as execve(2) takes them.
struct ArgumentList {
  let pointers: [UnsafeMutablePointer<CChar>?]

  init(_ texts: [String]) { pointers = texts.map { strdup($0) } + [nil] }

  func deallocate() { for pointer in pointers { free(pointer) } }
}
