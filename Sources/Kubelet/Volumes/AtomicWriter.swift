import Glibc
import LinuxSystem

/// A file of a volume.
package struct VolumeFile: Sendable, Hashable {
  package var bytes: [UInt8]
  package var mode: UInt32
  /// Nil: root.
  package var ownerID: UInt32?

  package init(bytes: [UInt8], mode: UInt32, ownerID: UInt32? = nil) {
    self.bytes = bytes
    self.mode = mode
    self.ownerID = ownerID
  }
}

/// Writes a set of files so that readers see the old set or the new one, never a mixture. The files live in a directory
/// of their own whose name begins with `..` and a time; the link `..data` leads to the current one; every visible name
/// is a link through `..data`, so that one rename changes them all. The layout is upstream's
/// (pkg/volume/util/atomic_writer.go): programs watch for it.
package struct AtomicWriter {
  private static let data = "..data"
  let directory: String
  /// The group that is to own the files; nil: root.
  let groupID: UInt32?

  package init(directory: String, groupID: UInt32? = nil) {
    self.directory = directory
    self.groupID = groupID
  }

  /// Returns whether anything had to be written. Paths are relative, without `..`.
  @discardableResult
  package func write(_ files: [String: VolumeFile]) throws(SystemCallError) -> Bool {
    let former = NodeFiles.linkTarget("\(directory)/\(Self.data)")
    if let former, isCurrent(files, in: "\(directory)/\(former)") { return false }
    let fresh = try makeDirectory()
    for (path, file) in files.sorted(by: { $0.key < $1.key }) { try write(file, to: "\(directory)/\(fresh)/\(path)") }
    try NodeFiles.link("\(directory)/\(Self.data)", to: fresh)
    try linkVisibleNames(files)
    if let former { try NodeFiles.removeTree("\(directory)/\(former)") }
    return true
  }

  private func makeDirectory() throws(SystemCallError) -> String {
    var seconds = time(nil)
    var date = tm()
    gmtime_r(&seconds, &date)
    var stamp = [CChar](repeating: 0, count: 32)
    strftime(&stamp, stamp.count, "..%Y_%m_%d_%H_%M_%S.", &date)
    let prefix = String(decoding: stamp.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    var template = Array("\(directory)/\(prefix)XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemCallError(call: "mkdtemp", errno: errno, path: directory) }
    let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    try own(path, mode: 0o755)
    return String(path.dropFirst(directory.utf8.count + 1))
  }

  private func write(_ file: VolumeFile, to path: String) throws(SystemCallError) {
    if let slash = path.lastIndex(of: "/") { try NodeFiles.makeDirectory(String(path[..<slash])) }
    try NodeFiles.write(file.bytes, to: path, mode: mode_t(file.mode))
    if let owner = file.ownerID { try NodeFiles.check("chown", path) { lchown(path, owner, gid_t.max) } }
    try own(path, mode: file.mode | (groupID == nil ? 0 : 0o440))
  }

  private func own(_ path: String, mode: UInt32) throws(SystemCallError) {
    if let groupID { try NodeFiles.check("chown", path) { lchown(path, uid_t.max, groupID) } }
    try NodeFiles.check("chmod", path) { chmod(path, mode_t(mode)) }
  }

  private func linkVisibleNames(_ files: [String: VolumeFile]) throws(SystemCallError) {
    let wanted = Set(files.keys.map { String($0.prefix { $0 != "/" }) })
    for name in wanted where NodeFiles.linkTarget("\(directory)/\(name)") != "\(Self.data)/\(name)" {
      try NodeFiles.link("\(directory)/\(name)", to: "\(Self.data)/\(name)")
    }
    for name in NodeFiles.names(inDirectory: directory) where !name.hasPrefix("..") && !wanted.contains(name) {
      try NodeFiles.removeTree("\(directory)/\(name)")
    }
  }

  private func isCurrent(_ files: [String: VolumeFile], in former: String) -> Bool {
    let present = Set(paths(below: former))
    guard present == Set(files.keys) else { return false }
    return files.allSatisfy { path, file in
      NodeFiles.read("\(former)/\(path)", limit: file.bytes.count + 1) == file.bytes
        && mode(of: "\(former)/\(path)") == file.mode | (groupID == nil ? 0 : 0o440)
    }
  }

  private func mode(of path: String) -> UInt32? {
    var facts = stat()
    return lstat(path, &facts) == 0 ? UInt32(facts.st_mode) & 0o7777 : nil
  }

  private func paths(below directory: String) -> [String] {
    NodeFiles.names(inDirectory: directory).flatMap { name -> [String] in
      guard NodeFiles.kind("\(directory)/\(name)", followsLinks: false) == .directory else { return [name] }
      return paths(below: "\(directory)/\(name)").map { "\(name)/\($0)" }
    }
  }
}
