import Glibc
import LinuxSystem
import ShimProtocol

/// A container's log file. Rotation renames and opens anew between two writes of whole lines, in the one process that
/// writes: nothing is lost and no line is torn.
final class ContainerLog {
  let path: String
  private let maximumBytes: Int
  private let maximumFiles: Int
  private var file: Descriptor
  private var size: Int
  /// Names sort by age also when the clock was set back.
  private var lastRotation: Int64 = 0
  /// What could not be written (full disk), in bytes.
  private(set) var lostBytes = 0

  init(path: String, maximumBytes: Int, maximumFiles: Int) throws(SystemCallError) {
    self.path = path
    self.maximumBytes = maximumBytes
    self.maximumFiles = maximumFiles
    file = try ContainerLog.open(path)
    size = Int(try file.status().st_size)
  }

  private static func open(_ path: String) throws(SystemCallError) -> Descriptor {
    try Descriptor.open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, mode: 0o640)
  }

  func reopen() throws(SystemCallError) {
    file = try ContainerLog.open(path)
    size = Int(try file.status().st_size)
  }

  /// Appends whole lines. A write that fails loses them, counted: a container must not stop for its log.
  func append(_ lines: [UInt8]) {
    var done = 0
    while done < lines.count {
      let written = lines.withUnsafeBytes { Glibc.write(file.raw, $0.baseAddress! + done, $0.count - done) }
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else {
        lostBytes += lines.count - done
        break
      }
      done += written
    }
    size += done
    if maximumBytes > 0 && size >= maximumBytes { rotate() }
  }

  private func rotate() {
    var time = max(WallClock.now(), lastRotation + 1_000_000)
    // Several rotations within a millisecond still get names in order.
    while FileTree.exists("\(path).\(LogTime(nanoseconds: time).fileSuffix)") { time += 1_000_000 }
    lastRotation = time
    guard rename(path, "\(path).\(LogTime(nanoseconds: time).fileSuffix)") == 0 else { return }
    do throws(SystemCallError) {
      try reopen()
      try prune()
    } catch {
      ShimLog.write("log rotation: \(error)")
    }
  }

  /// Removes the oldest until, with the one being written, `maximumFiles` are left.
  private func prune() throws(SystemCallError) {
    guard let slash = path.lastIndex(of: "/") else { return }
    let directory = String(path[..<slash])
    let prefix = "\(path[path.index(after: slash)...])."
    let rotated = try FileTree.names(in: directory).filter { $0.hasPrefix(prefix) }
    for name in rotated.dropLast(max(1, maximumFiles - 1)) { unlink("\(directory)/\(name)") }
  }
}
