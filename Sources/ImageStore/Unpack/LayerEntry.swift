/// What a layer's tar entry asks for, decided from its name and type alone.
enum LayerEntry: Equatable {
  /// Make the entry at this path, relative to the layer's root; `.` is the root itself.
  case create(path: String)
  /// Hide this path of the layers below: an overlay whiteout.
  case whiteout(path: String)
  /// Hide what the layers below have in this directory.
  case opaque(directory: String)
  case leaveOut

  enum FileType: Equatable { case regular, directory, symbolicLink, fifo, device, unknown }

  static let whiteoutPrefix = ".wh."
  static let opaqueMarker = ".wh..wh..opq"

  /// - Parameter hardLink: the target's name when the entry is a hard link.
  static func decide(name: String, type: FileType, hardLink: String?) throws(LayerError) -> LayerEntry {
    let path = try relativePath(name)
    if let hardLink, (try? relativePath(hardLink)) == nil { throw .unsafeLink(name, target: hardLink) }
    let (directory, base) = split(path)
    if base == opaqueMarker { return .opaque(directory: directory) }
    // Aufs' own bookkeeping, as the image specification says to ignore.
    if base.hasPrefix(".wh..wh.") { return .leaveOut }
    if base.hasPrefix(whiteoutPrefix) { return try whiteout(directory, base, name) }
    if hardLink != nil { return .create(path: path) }
    switch type {
    case .unknown: throw .unknownFileType(name)
    case .device: return try device(path)
    default: return .create(path: path)
    }
  }

  private static func whiteout(_ directory: String, _ base: String, _ name: String) throws(LayerError) -> LayerEntry {
    let hidden = base.dropFirst(whiteoutPrefix.count)
    if hidden.isEmpty || hidden == "." || hidden == ".." { throw .unsafeName(name) }
    return .whiteout(path: directory == "." ? String(hidden) : "\(directory)/\(hidden)")
  }

  /// A container's own /dev covers the image's; anywhere else a node could open a disk of the host.
  private static func device(_ path: String) throws(LayerError) -> LayerEntry {
    if path.hasPrefix("dev/") { return .leaveOut }
    throw .deviceNode(path)
  }

  /// The name without a leading slash, `.` components and doubled slashes.
  ///
  /// - Throws: `unsafeName` for a `..` component, even one that would stay inside.
  static func relativePath(_ name: String) throws(LayerError) -> String {
    var parts: [Substring] = []
    for part in name.split(separator: "/") where part != "." {
      if part == ".." { throw .unsafeName(name) }
      parts.append(part)
    }
    return parts.isEmpty ? "." : parts.joined(separator: "/")
  }

  /// Directory (`.` for the root) and last component.
  static func split(_ path: String) -> (directory: String, base: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    return (String(path[..<slash]), String(path[path.index(after: slash)...]))
  }
}

/// Which extended attributes of a layer are kept: capabilities of executables and the user's own.
///
/// `trusted.overlay.*` would steer overlayfs itself, `system.*` and the labels of security modules belong to the host.
func isKeptAttribute(_ name: String) -> Bool {
  name == "security.capability" || (name.hasPrefix("user.") && !name.hasPrefix("user.overlay."))
}
