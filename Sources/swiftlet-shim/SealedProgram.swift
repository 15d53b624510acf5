import CLinux
import Glibc
import LinuxSystem

/// The program again, run from a read-only mount of its file that is attached nowhere. A container that gets hold of
/// the file through `/proc/<pid>/exe`, or by naming `/proc/self/exe` as a script's interpreter, cannot write to it, also
/// as root and when no process runs it any more (CVE-2019-5736); and it costs no memory, as a copy would.
enum SealedProgram {
  /// The first argument of a program that runs sealed.
  static let role = "sealed-spawner"

  /// Does not come back, except on kernels without detached mounts: there a running program's file cannot be written
  /// either, only less surely.
  static func enter() {
    do throws(SystemCallError) {
      let program = try Mount.clone("/proc/self/exe", recursive: false)
      try Mount.change(program, set: .readOnly, propagation: .private, recursive: false)
      let arguments = CommandLine.unsafeArgv
      arguments[1] = strdup(role)
      try systemCall("execveat") { cl_execute_descriptor(program.raw, arguments, environ) }
    } catch {
      ShimLog.write("the program's file is not sealed: \(error)")
    }
  }
}
