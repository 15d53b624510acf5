/// A line of `/proc/<pid>/mountinfo` (proc(5)).
package struct MountInfo: Sendable, Equatable {
  /// The directory of the file system that is visible here.
  package var root: String
  package var mountPoint: String
  package var fileSystemType: String
  package var source: String
  /// Of the file system, as the kernel writes them: an overlay's name its layers.
  package var options: String

  package init(root: String, mountPoint: String, fileSystemType: String, source: String, options: String = "") {
    self.root = root
    self.mountPoint = mountPoint
    self.fileSystemType = fileSystemType
    self.source = source
    self.options = options
  }

  /// The mounts of this process's namespace.
  package static func current() throws(SystemCallError) -> [MountInfo] {
    let bytes = try FileTree.read("/proc/self/mountinfo", maximumBytes: 16 << 20)
    return parse(String(decoding: bytes, as: UTF8.self))
  }

  /// Lines that do not have the documented shape are left out.
  package static func parse(_ text: String) -> [MountInfo] {
    text.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: " ")
      guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count > dash + 2 else { return nil }
      return MountInfo(
        root: unescape(fields[3]), mountPoint: unescape(fields[4]), fileSystemType: String(fields[dash + 1]),
        source: unescape(fields[dash + 2]), options: fields.count > dash + 3 ? unescape(fields[dash + 3]) : "")
    }
  }

  /// Blank, tab, newline and backslash stand as three octal digits.
  private static func unescape(_ field: Substring) -> String {
    guard field.utf8.contains(UInt8(ascii: "\\")) else { return String(field) }
    var bytes: [UInt8] = []
    var rest = Array(field.utf8)[...]
    while let first = rest.popFirst() {
      let digits = rest.prefix(3)
      if first == UInt8(ascii: "\\"), digits.count == 3, digits.allSatisfy({ 48...55 ~= $0 }) {
        bytes.append(UInt8(truncatingIfNeeded: digits.reduce(0) { $0 * 8 + Int($1) - 48 }))
        rest.removeFirst(3)
      } else {
        bytes.append(first)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
