import CLinux
import Glibc

/// A pseudoterminal of a devpts instance.
package struct Terminal: Sendable {
  private static let devptsMagic: Int64 = 0x1cd1

  /// The side that shows what programs write, and types.
  package let controller: Descriptor
  /// The side that programs have.
  package let device: Descriptor

  /// Makes one in the instance at `dev/pts` of the root. No link is followed on the way, what is found must be the
  /// multiplexer of a devpts, and the device is opened through it and not by its name: what a container has put into its
  /// `/dev` leads nowhere else.
  package init(in root: RootedDirectory) throws(SystemCallError) {
    let path = "dev/pts/ptmx"
    controller = try root.open(path, O_RDWR | O_NOCTTY, resolve: cl_resolve_no_symlinks)
    guard cl_file_system_magic(controller.raw) == Self.devptsMagic else {
      throw SystemCallError(call: "openat2", errno: EXDEV, path: path)
    }
    let ptmx = controller.raw
    device = Descriptor(owning: try systemCall("ioctl", path: path) { cl_open_terminal_peer(ptmx) })
  }

  /// Makes the device the controlling terminal of the calling session leader, and its standard streams.
  package func take() throws(SystemCallError) {
    try systemCall("ioctl", path: "TIOCSCTTY") { cl_set_controlling_terminal(device.raw) }
    for stream: Int32 in 0...2 { try systemCall("dup2") { dup2(device.raw, stream) } }
  }

  /// Either side of the terminal; the processes in its foreground hear of a change by SIGWINCH.
  package static func resize(_ side: Descriptor, columns: UInt16, rows: UInt16) throws(SystemCallError) {
    try systemCall("ioctl", path: "TIOCSWINSZ") { cl_set_window_size(side.raw, columns, rows) }
  }
}
