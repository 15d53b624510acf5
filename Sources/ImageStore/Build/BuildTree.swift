import CArchive
import Glibc
import LinuxSystem

/// The files of an image in the making: a new layer over those of the base, seen as one tree through an overlay.
///
/// Lives on one thread with a mount namespace of its own, so that no crash leaves a mount.
struct BuildTree {
  /// The new layer.
  let layer: String
  /// Base and layer together; the layer itself when there is no base.
  let merged: String
  private let work: String

  /// - Parameters:
  ///   - directory: an empty directory for the tree.
  ///   - base: layer directories, topmost first.
  init(in directory: String, base: [String]) throws {
    layer = "\(directory)/layer"
    work = "\(directory)/work"
    merged = base.isEmpty ? layer : "\(directory)/merged"
    for path in [layer, work, merged] { try FileTree.makeDirectories(path) }
    try Namespaces.mount.unshare()
    try Mount.changeRoot(propagation: .private)
    if !base.isEmpty { try mountOverlay(base) }
  }

  /// Short names for the directories: an option's value may have 255 bytes before Linux 6.5, which has `lowerdir+`.
  private func mountOverlay(_ base: [String]) throws {
    let directories = try base.map { try Descriptor.open($0, O_RDONLY | O_DIRECTORY) }
    let lower = directories.map(\.procPath)
    let joined = lower.joined(separator: ":")
    let lowerOptions =
      joined.utf8.count < 256 ? [Mount.Option("lowerdir", joined)] : lower.map { Mount.Option("lowerdir+", $0) }
    let upper = try Descriptor.open(layer, O_RDONLY | O_DIRECTORY)
    let workDirectory = try Descriptor.open(work, O_RDONLY | O_DIRECTORY)
    let mount = try Mount.make(
      "overlay", source: "overlay",
      options: lowerOptions + [
        Mount.Option("upperdir", upper.procPath), Mount.Option("workdir", workDirectory.procPath),
        Mount.Option("redirect_dir", "off"), Mount.Option("metacopy", "off"), Mount.Option("index", "off"),
      ])
    try withExtendedLifetime((directories, upper, workDirectory)) { try Mount.attach(mount, to: merged) }
  }

  /// Ends the overlay and leaves the layer as an unpacked one would be: clamped times, no bookkeeping of the kernel.
  func finish(latestTime: Int) throws {
    if merged != layer { try Mount.detach(merged) }
    try tidy(try Descriptor.open(layer, O_RDONLY | O_DIRECTORY), latestTime)
  }

  var isEmpty: Bool { (try? FileTree.names(in: layer).isEmpty) ?? false }

  private func tidy(_ directory: Descriptor, _ latestTime: Int) throws {
    for name in try FileTree.names(in: directory.procPath) {
      var status = stat()
      try systemCall("fstatat", path: name) { fstatat(directory.raw, name, &status, AT_SYMLINK_NOFOLLOW) }
      if status.st_mode & S_IFMT == S_IFDIR {
        try tidy(try Descriptor.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: directory), latestTime)
      } else {
        removeOverlayAttributes("\(directory.procPath)/\(name)", link: true)
        try clamp(name, in: directory, status, latestTime)
      }
    }
    removeOverlayAttributes(directory.procPath, link: false)
    try clamp(nil, in: directory, try directory.status(), latestTime)
  }

  /// - Parameter name: nil for the directory itself.
  private func clamp(_ name: String?, in directory: Descriptor, _ status: stat, _ latestTime: Int) throws {
    guard status.st_mtim.tv_sec > latestTime || status.st_mtim.tv_nsec != 0 else { return }
    let time = timespec(tv_sec: min(status.st_mtim.tv_sec, latestTime), tv_nsec: 0)
    try systemCall("utimensat", path: name) {
      guard let name else { return futimens(directory.raw, [time, time]) }
      return utimensat(directory.raw, name, [time, time], AT_SYMLINK_NOFOLLOW)
    }
  }

  private func removeOverlayAttributes(_ path: String, link: Bool) {
    for name in ["origin", "impure", "nlink", "metacopy", "redirect", "upper", "uuid"] {
      // ENODATA is the rule.
      if link { lremovexattr(path, "trusted.overlay.\(name)") } else { removexattr(path, "trusted.overlay.\(name)") }
    }
  }
}
