import LinuxSystem

/// Where things lie below the store's root.
///
/// - `layers/<diff id>/`: an unpacked layer, ready as overlay `lowerdir`.
/// - `images/<id>.json`: an image's configuration, verbatim, so that the file's digest is its name.
/// - `images/<id>.record`: what the configuration does not say: sizes. Written before the configuration, whose
///   appearance makes the image exist; its modification time is the image's last use.
/// - `names/docker.io/library/busybox/:latest`, `…/@sha256:…`: files that hold an image's id.
/// - `tmp/<session>/`: what is being made by one process, which holds `tmp/<session>/lock`.
/// - `lock`: taken by whoever changes the first three.
struct StoreLayout: Sendable {
  let root: String

  var layers: String { "\(root)/layers" }
  var images: String { "\(root)/images" }
  var names: String { "\(root)/names" }
  var temporary: String { "\(root)/tmp" }
  var lock: String { "\(root)/lock" }

  func layer(_ diffID: Digest) -> String { "\(layers)/\(diffID.hex)" }
  func configuration(_ id: Digest) -> String { "\(images)/\(id.hex).json" }
  func record(_ id: Digest) -> String { "\(images)/\(id.hex).record" }

  /// A reference has a tag or a digest, never both: `ImageReference.canonical`.
  func name(_ reference: ImageReference) -> String {
    let leaf = reference.digest.map { "@\($0)" } ?? ":\(reference.tag ?? ImageReference.defaultTag)"
    return "\(names)/\(reference.name)/\(leaf)"
  }

  func makeDirectories() throws {
    try FileTree.makeDirectories(root)
    for directory in [images, names] { try FileTree.makeDirectories(directory) }
    // Images have setuid programs, which are not for the users of this machine.
    for directory in [layers, temporary] { try FileTree.makeDirectories(directory, mode: 0o700) }
  }
}
