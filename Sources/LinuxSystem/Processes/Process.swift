import CLinux
import Glibc

/// Namespaces by the names that clone(2), setns(2) and unshare(2) share.
package struct Namespaces: OptionSet, Sendable {
  package let rawValue: UInt64
  package init(rawValue: UInt64) { self.rawValue = rawValue }
  package static let mount = Namespaces(rawValue: 0x0002_0000)
  package static let cgroup = Namespaces(rawValue: 0x0200_0000)
  package static let uts = Namespaces(rawValue: 0x0400_0000)
  package static let ipc = Namespaces(rawValue: 0x0800_0000)
  package static let user = Namespaces(rawValue: 0x1000_0000)
  package static let pid = Namespaces(rawValue: 0x2000_0000)
  package static let network = Namespaces(rawValue: 0x4000_0000)

  /// Gives the calling process namespaces of its own.
  package func unshare() throws(SystemCallError) {
    try systemCall("unshare") { cl_unshare(Int32(truncatingIfNeeded: rawValue)) }
  }

  /// Enters these namespaces of the process that the pidfd means; or, of a descriptor of one namespace, that one.
  package func enter(_ descriptor: Descriptor) throws(SystemCallError) {
    try systemCall("setns") { cl_setns(descriptor.raw, Int32(truncatingIfNeeded: rawValue)) }
  }
}

/// How a process ended.
package struct ProcessExit: Sendable, Equatable {
  /// The exit code; 128 plus the signal when a signal ended it, as shells and container runtimes count.
  package var code: Int32
  package var signal: Int32?

  package init(code: Int32, signal: Int32? = nil) {
    self.code = code
    self.signal = signal
  }
}

/// A child process held by its pidfd: its number cannot come to mean another process.
package struct ChildProcess: Sendable {
  package let pid: Int32
  package let pidfd: Descriptor

  /// Clones this (single-threaded) process.
  ///
  /// - Returns: nil in the child.
  package static func clone(_ namespaces: Namespaces, cgroup: Descriptor?) throws(SystemCallError) -> ChildProcess? {
    var pidfd: Int32 = -1
    let pid = try systemCall("clone3") { cl_clone3(namespaces.rawValue, &pidfd, cgroup?.raw ?? -1) }
    return pid == 0 ? nil : ChildProcess(pid: pid, pidfd: Descriptor(owning: pidfd))
  }

  package func signal(_ number: Int32) throws(SystemCallError) { try pidfd.sendSignal(number) }

  /// Reaps the process; nil while it runs.
  package func reap() throws(SystemCallError) -> ProcessExit? {
    try wait(noHang: true)
  }

  /// Blocks until the process has ended, and reaps it.
  package func wait() throws(SystemCallError) -> ProcessExit {
    try wait(noHang: false) ?? ProcessExit(code: 0)
  }

  private func wait(noHang: Bool) throws(SystemCallError) -> ProcessExit? {
    var code: Int32 = 0
    var signalled: Int32 = 0
    let reaped = try systemCall("waitid") { cl_wait_pidfd(pidfd.raw, noHang ? 1 : 0, &code, &signalled) }
    guard reaped == 1 else { return nil }
    return signalled == 1 ? ProcessExit(code: 128 + code, signal: code) : ProcessExit(code: code)
  }
}

extension Descriptor {
  /// Signals the process that the pidfd means.
  package func sendSignal(_ number: Int32) throws(SystemCallError) {
    try systemCall("pidfd_send_signal") { cl_pidfd_send_signal(raw, number) }
  }
}

package enum CurrentProcess {
  /// The name that `ps` and `/proc/<pid>/comm` show, cut at 15 bytes.
  package static func setName(_ name: String) {
    // PR_SET_NAME cannot fail with a readable string.
    _ = name.withCString { cl_prctl(PR_SET_NAME, UInt(bitPattern: $0), 0, 0, 0) }
  }

  /// `signal` is sent to this process when its parent ends. A change of credentials forgets it (prctl(2)).
  package static func setParentDeathSignal(_ signal: Int32) throws(SystemCallError) {
    try systemCall("prctl") { cl_prctl(PR_SET_PDEATHSIG, UInt(signal), 0, 0, 0) }
  }

  /// Whether processes of the same user may look into this one: at its memory, its descriptors, its program file.
  package static func setDumpable(_ isDumpable: Bool) throws(SystemCallError) {
    try systemCall("prctl") { cl_prctl(PR_SET_DUMPABLE, isDumpable ? 1 : 0, 0, 0, 0) }
  }

  /// Writing to a pipe or socket that nobody reads fails with EPIPE instead of ending this process.
  package static func ignoreBrokenPipes() { cl_ignore_signal(SIGPIPE) }

  package static func setNoNewPrivileges() throws(SystemCallError) {
    try systemCall("prctl") { cl_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) }
  }

  /// Installs a seccomp filter: an array of `struct sock_filter`, 8 bytes each.
  package static func installSeccompFilter(_ program: [UInt8]) throws(SystemCallError) {
    try systemCall("seccomp") { cl_seccomp_filter(program, program.count) }
  }

  /// Sets a resource limit; where raising the hard limit is not allowed, to what is.
  package static func setResourceLimit(_ resource: Int32, soft: UInt64, hard: UInt64) throws(SystemCallError) {
    if cl_set_resource_limit(resource, soft, hard) == 0 { return }
    guard errno == EPERM else { throw SystemCallError(call: "setrlimit", errno: errno) }
    var currentSoft: UInt64 = 0
    var currentHard: UInt64 = 0
    try systemCall("getrlimit") { cl_get_resource_limit(resource, &currentSoft, &currentHard) }
    try systemCall("setrlimit") { cl_set_resource_limit(resource, min(soft, currentHard), min(hard, currentHard)) }
  }

  /// Sets real, effective and saved ids and the supplementary groups, groups first while that is still allowed.
  package static func setIdentity(uid: UInt32, gid: UInt32, groups: [UInt32]) throws(SystemCallError) {
    try systemCall("setgroups") { cl_set_groups(groups.count, groups) }
    try systemCall("setresgid") { cl_set_group(gid) }
    try systemCall("setresuid") { cl_set_user(uid) }
  }

  /// Makes new files belong to these ids, with every capability as before: the kernel takes those of files away from
  /// whoever stops being root for files (capabilities(7)).
  package static func setFileIdentity(uid: UInt32, gid: UInt32) throws(SystemCallError) {
    try systemCall("setfsuid") { cl_set_file_identity(uid, gid) }
    let all = try Capabilities.permitted()
    try Capabilities.set(effective: all, permitted: all, inheritable: Capabilities())
  }

  /// `oom_score_adj`; where lowering it is not allowed it stays as inherited.
  package static func setOOMScoreAdjust(_ value: Int) throws(SystemCallError) {
    do {
      try FileTree.write("\(value)", to: "/proc/self/oom_score_adj")
    } catch {
      if error.errno != EPERM && error.errno != EACCES { throw error }
    }
  }

  /// Every descriptor from `first` on closes at exec.
  package static func closeOnExec(from first: Int32) throws(SystemCallError) {
    try systemCall("close_range") { cl_close_range(UInt32(first), UInt32.max, 4 /* CLOSE_RANGE_CLOEXEC */) }
  }

  /// Closes every descriptor from `first` on now, whoever thinks to own it: only after a fork.
  package static func close(from first: Int32) throws(SystemCallError) {
    try systemCall("close_range") { cl_close_range(UInt32(first), UInt32.max, 0) }
  }
}
