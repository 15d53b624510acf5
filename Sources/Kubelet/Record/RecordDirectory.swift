import Glibc
import LinuxSystem

/// The files of the record. All calls block.
///
/// A file is replaced only when its successor lies on the disk: the content is written elsewhere, synced, and renamed over
/// it. So whatever a power cut leaves is one or the other, and whole. Elsewhere is a directory that each batch makes anew:
/// where all pods' files lie, an ext4 without a journal passes by every inode that was freed in the last minute.
package struct RecordDirectory: Sendable {
  package let path: String
  /// So many files are open at once while a batch is written.
  private static let chunk = 64
  /// So many damaged files are kept for whoever wants to look at them.
  static let setAsideLimit = 20
  /// Nothing that an API server takes is larger.
  private static let maximumFileBytes = 64 << 20
  /// The end of the name of what earlier agents were writing, beside the file that it was to replace.
  private static let formerUnfinished = ".new"
  private static let setAside = "set-aside"
  private var unfinished: String { path + "/unfinished" }

  package init(path: String) { self.path = path }

  // MARK: reading

  /// Every file that is there, by its path below the directory.
  package func read() -> [(path: String, bytes: Result<[UInt8], SystemCallError>)] {
    paths().map { file in
      do throws(SystemCallError) {
        let descriptor = try Descriptor.open("\(path)/\(file)", O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        return (file, .success(try FileTree.read(descriptor, maximumBytes: Self.maximumFileBytes)))
      } catch {
        return (file, .failure(error))
      }
    }
  }

  /// What a writer left unfinished is removed.
  private func paths() -> [String] {
    // It may be in the way of later ones, which will say so.
    try? NodeFiles.removeTree(unfinished)
    return RecordKey.directories.flatMap { directory in
      let names = NodeFiles.names(inDirectory: "\(path)/\(directory)")
      for name in names where name.hasSuffix(Self.formerUnfinished) { unlink("\(path)/\(directory)/\(name)") }
      return names.filter { !$0.hasSuffix(Self.formerUnfinished) }.map { "\(directory)/\($0)" }
    }
  }

  /// Takes a file out of the record without destroying it. Returns where it is now.
  package func setAside(_ file: String) throws(SystemCallError) -> String {
    let folder = "\(path)/\(Self.setAside)"
    try NodeFiles.makeDirectory(folder, mode: 0o700)
    let target = "\(folder)/\(file.replacing("/", with: "-"))"
    try NodeFiles.check("rename", target) { rename("\(path)/\(file)", target) }
    for surplus in oldest(in: folder, beyond: Self.setAsideLimit) { unlink(surplus) }
    return target
  }

  private func oldest(in folder: String, beyond limit: Int) -> [String] {
    let files = NodeFiles.names(inDirectory: folder).map { name -> (path: String, time: Int) in
      var facts = stat()
      lstat("\(folder)/\(name)", &facts)
      return ("\(folder)/\(name)", facts.st_ctim.tv_sec)
    }
    return files.sorted { $0.time < $1.time }.prefix(max(0, files.count - limit)).map(\.path)
  }

  // MARK: writing

  /// Makes the files what they are to be (nil: gone), all of them on the disk when it returns. What failed is as it was.
  package func write(_ changes: [(path: String, bytes: [UInt8]?)]) -> [String: SystemCallError] {
    var failures: [String: SystemCallError] = [:]
    for start in stride(from: 0, to: changes.count, by: Self.chunk) {
      let part = changes[start..<min(start + Self.chunk, changes.count)]
      failures.merge(writePart(part)) { $1 }
    }
    return failures
  }

  private func writePart(_ changes: ArraySlice<(path: String, bytes: [UInt8]?)>) -> [String: SystemCallError] {
    var failures: [String: SystemCallError] = [:]
    var written: [(path: String, file: Descriptor)] = []
    FileTree.spreadSubdirectories(of: path)
    defer { rmdir(unfinished) }
    for change in changes {
      attempt(change.path, &failures) { () throws(SystemCallError) in
        if let bytes = change.bytes {
          written.append((change.path, try begin(change.path, bytes)))
        } else {
          try remove(change.path)
        }
      }
    }
    // After all writes: the first sync takes most of what the others need along.
    for (path, file) in written {
      attempt(path, &failures) { () throws(SystemCallError) in try finish(path, file) }
    }
    syncDirectories(of: changes.map(\.path), &failures)
    return failures
  }

  private func attempt(
    _ file: String, _ failures: inout [String: SystemCallError], _ body: () throws(SystemCallError) -> Void
  ) {
    do throws(SystemCallError) { try body() } catch {
      failures[file] = error
      unlink(temporary(file))
    }
  }

  private func begin(_ file: String, _ bytes: [UInt8]) throws(SystemCallError) -> Descriptor {
    try makeDirectory(of: file)
    let descriptor = try Descriptor.open(temporary(file), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600)
    try descriptor.writeAll(bytes)
    return descriptor
  }

  private func finish(_ file: String, _ descriptor: Descriptor) throws(SystemCallError) {
    let (source, target) = (temporary(file), "\(path)/\(file)")
    try NodeFiles.check("fsync", target) { fsync(descriptor.raw) }
    try NodeFiles.check("rename", target) { rename(source, target) }
  }

  private func temporary(_ file: String) -> String { "\(unfinished)/\(file.replacing("/", with: "-"))" }

  private func remove(_ file: String) throws(SystemCallError) {
    let target = "\(path)/\(file)"
    if unlink(target) != 0, errno != ENOENT { throw SystemCallError(call: "unlink", errno: errno, path: target) }
  }

  /// Secrets lie here: nobody but root looks in.
  private func makeDirectory(of file: String) throws(SystemCallError) {
    try NodeFiles.makeDirectory(path, mode: 0o700)
    for directory in [unfinished, "\(path)/\(Self.directory(of: file))"] {
      try NodeFiles.makeDirectory(directory, mode: 0o700)
    }
  }

  private static func directory(of file: String) -> String { String(file.prefix { $0 != "/" }) }

  private func syncDirectories(of files: [String], _ failures: inout [String: SystemCallError]) {
    for directory in Set(files.map(Self.directory(of:))).sorted() {
      let full = "\(path)/\(directory)"
      do throws(SystemCallError) {
        guard NodeFiles.kind(full) == .directory else { continue }
        let descriptor = try Descriptor.open(full, O_RDONLY | O_DIRECTORY)
        try NodeFiles.check("fsync", full) { fsync(descriptor.raw) }
      } catch {
        for file in files where file.hasPrefix(directory + "/") { failures[file] = error }
      }
    }
  }
}
