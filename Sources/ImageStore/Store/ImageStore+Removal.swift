import Glibc
import LinuxSystem

extension ImageStore {
  static let pendingLayerSeconds = 3600

  /// Takes a name away, or with an image id all names of an image. The layers stay until `collectGarbage`, so that
  /// containers which use them are safe.
  ///
  /// - Throws: `ImageStoreError.notFound`, `InvalidImageName`, `SystemCallError`.
  package func remove(_ reference: String) throws {
    guard let id = try imageID(reference) else { throw ImageStoreError.notFound(reference) }
    let names = try namesByImage()[id] ?? []
    let isID = ReferenceParser.isIdentifier(reference) || reference.hasPrefix("sha256:")
    let gone = isID ? names : [try ImageReference(reference).canonical]
    // An image without a tag is reached by its digest only; the last tag takes the digests along.
    let left = names.filter { !gone.contains($0) }
    try StoreLock.hold(layout.lock) {
      for name in gone + (left.contains { $0.digest == nil } ? [] : left) { try removeName(name) }
    }
  }

  /// Gives an existing image another name.
  package func tag(_ reference: String, as name: String) throws {
    guard let id = try imageID(reference) else { throw ImageStoreError.notFound(reference) }
    let target = layout.name(try ImageReference(name).canonical)
    try StoreLock.hold(layout.lock) {
      let staged = session.newPath("file")
      try FileSystem.write(Array(id.description.utf8), to: staged)
      try FileTree.makeDirectories(LayerEntry.split(target).directory)
      try FileSystem.move(staged, to: target)
    }
  }

  /// Deletes images and then the layers that no image has.
  ///
  /// Deleted are images without a name, and with `unusedForSeconds` also named ones not used for that long (0: all).
  /// - Parameter keep: ids of images that containers use; they and their layers stay in any case.
  /// - Returns: the ids of the images that went.
  @discardableResult
  package func collectGarbage(keep: Set<String>, unusedForSeconds: Int? = nil) throws -> [String] {
    try StoreLock.hold(layout.lock) {
      let names = try namesByImage()
      let doomed = try imageIDs().filter { id in
        guard !keep.contains(id.description) else { return false }
        return names[id] == nil || unusedForSeconds.map { isUnused(id, forSeconds: $0) } ?? false
      }
      for id in doomed { try removeImage(id, names: names[id] ?? []) }
      try removeUnreferencedLayers()
      try removeForgottenLayers()
      return doomed.map(\.description)
    }
  }

  /// The time of an image's last use (or arrival), in seconds since the epoch.
  package func lastUsed(_ imageID: String) -> Int? {
    guard let id = try? Digest(imageID) else { return nil }
    var status = stat()
    return lstat(layout.record(id), &status) == 0 ? status.st_mtim.tv_sec : nil
  }

  private func isUnused(_ id: Digest, forSeconds seconds: Int) -> Bool {
    // time(2) lags behind the times of files by up to a tick of the kernel, and the clock may have been set back.
    max(0, time(nil) - (lastUsed(id.description) ?? 0)) >= seconds
  }

  private func removeImage(_ id: Digest, names: [ImageReference]) throws {
    for name in names { try removeName(name) }
    try FileTree.remove(layout.configuration(id))
    try FileTree.remove(layout.record(id))
  }

  private func removeName(_ reference: ImageReference) throws {
    let path = layout.name(reference)
    try FileTree.remove(path)
    var directory = LayerEntry.split(path).directory
    while directory != layout.names, rmdir(directory) == 0 { directory = LayerEntry.split(directory).directory }
  }

  /// Layers of pulls that failed are kept for their next attempt, but not for ever.
  private func removeForgottenLayers() throws {
    let forgotten = pending.withLock { pending in
      let old = pending.filter { time(nil) - $0.value.unpackedAtSeconds >= Self.pendingLayerSeconds }
      for diffID in old.keys { pending[diffID] = nil }
      return old.values.map(\.path)
    }
    for path in forgotten { try FileTree.remove(path) }
  }

  /// Renamed first: a crash in the middle leaves garbage in the session's room, never half a layer. What somebody has
  /// mounted, as a pod has whose volume is an image, is left for the next time.
  private func removeUnreferencedLayers() throws {
    var referenced: Set<String> = []
    for id in try imageIDs() { referenced.formUnion(try configuration(id).diffIDs().map(\.hex)) }
    let unreferenced = try FileTree.names(in: layout.layers).filter { !referenced.contains($0) }
    guard !unreferenced.isEmpty else { return }
    let mounts = try MountInfo.current()
    for name in unreferenced {
      let layer = "\(layout.layers)/\(name)"
      // The root of a layer that is mounted alone is a path of its own file system, so the end must do.
      if mounts.contains(where: { $0.root.hasSuffix("/layers/\(name)") || $0.options.contains(layer) }) { continue }
      let trash = session.newPath("trash")
      try FileSystem.move(layer, to: trash)
      try FileTree.remove(trash)
    }
  }
}
