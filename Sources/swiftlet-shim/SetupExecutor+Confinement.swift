import CLinux
import Glibc
import LinuxSystem
import ShimProtocol

/// AppArmor. The kernel is told by a file of /proc, and a container decides what its own /proc is: so the file is reached
/// from a directory that was opened while the machine's /proc was in its place (CVE-2025-52881).
extension SetupExecutor {
  private static let procMagic: Int64 = 0x9fa0

  mutating func rememberProcess(for steps: [SetupStep]) throws(ShimFailure) {
    guard steps.contains(where: { if case .confine = $0 { true } else { false } }) else { return }
    do throws(SystemCallError) {
      process = try Descriptor.open("/proc/self", cl_o_path | O_DIRECTORY)
    } catch {
      throw ShimFailure(kind: .setup, errno: error.errno, message: error.description)
    }
  }

  func confine(_ profile: String) throws {
    guard let process else { throw ShimFailure(kind: .setup, message: "a step needs this process's directory") }
    let path = "attr/apparmor/exec"
    let file = try RootedDirectory(process).open(path, O_WRONLY, resolve: cl_resolve_no_symlinks | cl_resolve_no_xdev)
    guard cl_file_system_magic(file.raw) == Self.procMagic else {
      throw SystemCallError(call: "openat2", errno: EXDEV, path: path)
    }
    let order = Array("exec \(profile)".utf8)
    do throws(SystemCallError) {
      try systemCall("write", path: path) { write(file.raw, order, order.count) }
    } catch {
      guard error.errno == ENOENT else { throw error }
      throw ShimFailure(kind: .setup, errno: ENOENT, message: "apparmor profile not found \(profile)")
    }
  }
}
