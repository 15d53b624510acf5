import Glibc
import LinuxSystem

/// The text that `ps` shows, kept in the memory where the kernel put the arguments.
enum ProcessTitle {
  nonisolated(unsafe) private static var area: UnsafeMutableBufferPointer<CChar>?

  /// Remembers where the arguments are; before anything else, while they are as the kernel left them.
  static func capture() {
    let count = Int(CommandLine.argc)
    guard count > 0, let first = CommandLine.unsafeArgv[0], let last = CommandLine.unsafeArgv[count - 1] else { return }
    area = UnsafeMutableBufferPointer(start: first, count: last + strlen(last) + 1 - first)
  }

  /// Shows `title`, cut at the room there is.
  static func set(_ title: String) {
    CurrentProcess.setName("swiftlet-shim")
    guard let area else { return }
    area.update(repeating: 0)
    for (index, byte) in title.utf8.prefix(area.count - 1).enumerated() {
      area[index] = CChar(bitPattern: byte)
    }
  }
}
