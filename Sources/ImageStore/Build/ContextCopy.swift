import Glibc
import LinuxSystem

/// Copies files of a build context into a tree. No link in either leads out of it.
struct ContextCopy {
  var context: RootedDirectory
  var tree: RootedDirectory
  var request: Recipe.CopyRequest
  /// Absolute, inside the tree; a slash at the end says that it is a directory.
  var target: String

  private static let maximumDepth = 256

  func run() throws {
    let intoDirectory = target.hasSuffix("/") || request.sources.count > 1 || isDirectory(target)
    for source in request.sources { try copy(source, intoDirectory: intoDirectory) }
  }

  private func isDirectory(_ path: String) -> Bool {
    (try? tree.open(path, O_RDONLY | O_DIRECTORY)) != nil
  }

  /// A directory as source means its content, as everywhere.
  private func copy(_ source: String, intoDirectory: Bool) throws {
    let file = try openSource(source)
    let parts = LayerEntry.split(try LayerEntry.relativePath(source))
    if try file.status().st_mode & S_IFMT == S_IFDIR {
      try copyContents(of: file, to: try tree.ensure(target, .directory), depth: 0)
    } else if intoDirectory {
      try copyFile(file, parts.base, into: try tree.ensure(target, .directory))
    } else {
      let place = LayerEntry.split(target.trimming { $0 == "/" })
      try copyFile(file, place.base, into: try tree.ensure("/\(place.directory)", .directory))
    }
  }

  private func openSource(_ source: String) throws -> Descriptor {
    do {
      return try context.openBeneath(try LayerEntry.relativePath(source), O_RDONLY)
    } catch let error as SystemCallError where error.errno == ENOENT {
      throw RecipeProblem("COPY \(source): not found in the build context")
    } catch is LayerError {
      throw RecipeProblem("COPY \(source): forbidden path outside the build context")
    }
  }

  private func copyContents(of directory: Descriptor, to target: Descriptor, depth: Int) throws {
    if depth > Self.maximumDepth { throw RecipeProblem("the build context is nested deeper than \(Self.maximumDepth)") }
    for name in try FileTree.names(in: directory.procPath) {
      var status = stat()
      try systemCall("fstatat", path: name) { fstatat(directory.raw, name, &status, AT_SYMLINK_NOFOLLOW) }
      switch status.st_mode & S_IFMT {
      case S_IFLNK: try copyLink(name, from: directory, to: target)
      case S_IFDIR:
        let inner = try Descriptor.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: directory)
        try copyContents(of: inner, to: try makeDirectory(name, in: target), depth: depth + 1)
      case S_IFREG:
        try copyFile(try Descriptor.open(name, O_RDONLY | O_NOFOLLOW, at: directory), name, into: target)
      default: throw RecipeProblem("COPY \(name): neither file, directory nor symbolic link")
      }
    }
  }

  private func makeDirectory(_ name: String, in parent: Descriptor) throws -> Descriptor {
    let isNew = mkdirat(parent.raw, name, 0o755) == 0
    let directory = try Descriptor.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: parent)
    if isNew { try setAttributes(directory, name, mode: mode_t(request.mode ?? 0o755)) }
    return directory
  }

  private func copyLink(_ name: String, from directory: Descriptor, to target: Descriptor) throws {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    try systemCall("readlinkat", path: name) { readlinkat(directory.raw, name, &buffer, Int(PATH_MAX)) }
    unlinkat(target.raw, name, 0)
    try systemCall("symlinkat", path: name) { symlinkat(buffer, target.raw, name) }
  }

  private func copyFile(_ file: Descriptor, _ name: String, into directory: Descriptor) throws {
    unlinkat(directory.raw, name, 0)
    let copy = try Descriptor.open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600, at: directory)
    let source = FileSource(file)
    while let bytes = try source.next() { try copy.writeAll(Array(bytes)) }
    let isExecutable = try file.status().st_mode & 0o111 != 0
    try setAttributes(copy, name, mode: mode_t(request.mode ?? (isExecutable ? 0o755 : 0o644)))
  }

  private func setAttributes(_ file: Descriptor, _ name: String, mode: mode_t) throws {
    try systemCall("fchown", path: name) { fchown(file.raw, uid_t(request.userID), gid_t(request.groupID)) }
    try systemCall("fchmod", path: name) { fchmod(file.raw, mode) }
  }
}
