import Glibc
import LinuxSystem

/// An image whose layers are all unpacked.
struct FinishedImage: Sendable {
  var configuration: [UInt8]
  var sizeBytes: Int
  /// Names to give, with a tag or a digest each.
  var references: [ImageReference]
}

extension ImageStore {
  /// Unpacks one layer into the session's room, unless it is there or in the store already.
  func stage(
    _ expected: BlobExpectation, from source: @escaping @Sendable () throws -> any ByteSource
  ) async throws -> UnpackedLayer? {
    if let diffID = expected.diffID, hasLayer(diffID) { return nil }
    let layer = try await unpack(expected, from: source)
    keepPending(layer)
    return layer
  }

  /// Unpacks into a new directory of the room; on failure nothing stays.
  func unpack(
    _ expected: BlobExpectation, from source: @escaping @Sendable () throws -> any ByteSource
  ) async throws -> UnpackedLayer {
    try await unpackSlots.with {
      let path = session.newPath("layer")
      try FileTree.makeDirectories(path)
      let directory = try Descriptor.open(path, O_RDONLY | O_DIRECTORY)
      let unpacker = LayerUnpacker(limits: limits)
      do {
        return try await ConfinedThread.run(in: directory) { try unpacker.unpack(try source(), expected, path: path) }
      } catch {
        try? FileTree.remove(path)
        throw error
      }
    }
  }

  func hasLayer(_ diffID: Digest) -> Bool {
    FileTree.exists(layout.layer(diffID)) || pending.withLock { $0[diffID] != nil }
  }

  /// Of two copies of one layer the first stays.
  func keepPending(_ layer: UnpackedLayer) {
    let isNew = pending.withLock { pending in
      if pending[layer.diffID] != nil { return false }
      pending[layer.diffID] = layer
      return true
    }
    if !isNew { try? FileTree.remove(layer.path) }
  }

  /// Makes an image exist: everything to the disk once, then renames, the configuration last but for the names.
  ///
  /// - Throws: `ImageStoreError.missingLayer` when a layer was collected since it was seen.
  func commit(_ image: FinishedImage) async throws -> Image {
    try await BlockingThread.run { [self] in
      try StoreLock.hold(layout.lock) { try commitLocked(image) }
    }
  }

  private func commitLocked(_ image: FinishedImage) throws -> Image {
    let id = Digest(of: image.configuration)
    let configuration = try decodeDocument(
      ImageConfiguration.self, image.configuration, name: "configuration of \(id)")
    let renames = try stageFiles(id, image, layers: try configuration.diffIDs())
    try FileSystem.sync(root)
    for (from, path) in renames { try moveIntoPlace(from, path) }
    guard let result = try readImage(id.description) else { throw ImageStoreError.notFound(id.description) }
    return result
  }

  /// - Returns: what to rename, in order: layers, record, configuration, names.
  private func stageFiles(_ id: Digest, _ image: FinishedImage, layers: [Digest]) throws -> [(String, String)] {
    var renames: [(String, String)] = []
    var directories: [String] = []
    for diffID in layers {
      directories.append(try stageLayer(diffID, above: directories, &renames))
    }
    let record = try encodeDocument(ImageRecord(sizeBytes: image.sizeBytes))
    renames.append((try stageFile(record), layout.record(id)))
    renames.append((try stageFile(image.configuration), layout.configuration(id)))
    for reference in image.references {
      renames.append((try stageFile(Array(id.description.utf8)), layout.name(reference.canonical)))
    }
    return renames
  }

  private func stageFile(_ bytes: [UInt8]) throws -> String {
    let path = session.newPath("file")
    try FileSystem.write(bytes, to: path)
    return path
  }

  /// - Returns: where the layer lies now.
  private func stageLayer(
    _ diffID: Digest, above lower: [String], _ renames: inout [(String, String)]
  ) throws -> String {
    let path = layout.layer(diffID)
    if FileTree.exists(path) { return path }
    guard let layer = pending.withLock({ $0[diffID] }) else {
      throw ImageStoreError.missingLayer(diffID.description)
    }
    if !renames.contains(where: { $0.1 == path }) {
      try inheritAttributes(layer, from: lower)
      renames.append((layer.path, path))
    }
    return layer.path
  }

  private func moveIntoPlace(_ from: String, _ path: String) throws {
    if path.hasPrefix(layout.names) { try FileTree.makeDirectories(LayerEntry.split(path).directory) }
    try FileSystem.move(from, to: path)
    if path.hasPrefix(layout.layers) {
      pending.withLock { pending in pending = pending.filter { $0.value.path != from } }
    }
  }

  /// Overlayfs shows the topmost directory's owner and mode. A directory that the layer only implies must not hide what
  /// a layer below says of it: `/tmp` stays 1777 under a layer that merely has `tmp/file`.
  private func inheritAttributes(_ layer: UnpackedLayer, from lower: [String]) throws {
    let root = try RootedDirectory(path: layer.path)
    let lowerRoots = try lower.reversed().map { try RootedDirectory(path: $0) }
    let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW
    for path in layer.implicitDirectories {
      guard let below = lowerRoots.lazy.compactMap({ try? $0.open(path, flags) }).first else { continue }
      let (status, directory) = (try below.status(), try root.open(path, flags))
      try systemCall("fchown", path: path) { fchown(directory.raw, status.st_uid, status.st_gid) }
      try systemCall("fchmod", path: path) { fchmod(directory.raw, status.st_mode & 0o7777) }
    }
  }
}
