import CLinux
import Glibc
import LinuxSystem

/// The program's code in huge pages. A fork shares them by one entry for 2 MiB, where a child takes a fault for each piece
/// of a file's pages that it runs through, and drops them one by one at its exec: a tenth of the time that a command in a
/// container took. The memory is the spawner's and there once for all shims.
enum HugeText {
  private static let setting = "/sys/kernel/mm/transparent_hugepage/enabled"

  static func use() {
    // `always [madvise] never`. Small pages of memory would be worse than the file's: a fork copies the entry of each.
    guard let chosen = try? FileTree.text(setting), !chosen.contains("[never]") else { return }
    if cl_move_text_to_huge_pages() != 0 {
      ShimLog.write("spawner: the program runs from its file's pages: \(SystemCallError.text(of: errno))")
    }
  }
}
