import CArchive
import Glibc
import LinuxSystem

extension ImageStore {
  /// Imports every image of a docker-archive or an OCI layout; the latter may be a directory, both may be compressed.
  ///
  /// - Parameter name: the repository for images that the archive names by a tag only.
  /// - Throws: `ImageStoreError`, `LayerError`, `ArchiveError`, `InvalidImageName` or `SystemCallError`.
  @discardableResult
  package func importArchive(
    path: String, name: String? = nil, progress: @escaping ImageProgressHandler = { _ in }
  ) async throws -> [Image] {
    let expanded = session.newPath("archive")
    defer { try? FileTree.remove(expanded) }
    let source = try await BlockingThread.run { try Self.openSource(path, expandingTo: expanded) }
    let planned = try await BlockingThread.run { try Self.planImport(source, path: path, name: name) }
    var images: [Image] = []
    for plan in planned { images.append(try await importImage(plan, from: source, progress)) }
    return images
  }

  /// A compressed archive cannot be read at random; it is expanded first.
  private static func openSource(_ path: String, expandingTo expanded: String) throws -> any ImageSource {
    let file = try Descriptor.open(path, O_RDONLY)
    if try file.status().st_mode & S_IFMT == S_IFDIR { return DirectoryImageSource(path: path) }
    guard try isCompressed(file) else { return try TarImageSource(path: path) }
    let reader = try ArchiveReader(FileSource(file), format: .stream, name: path)
    let output = try Descriptor.open(expanded, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
    _ = try reader.nextEntry()
    var count = 0
    while let bytes = try reader.nextBytes() {
      count += bytes.count
      if count > UnpackLimits().maximumBytes { throw LayerError.tooLarge(name: path, limitBytes: count) }
      try output.writeAll(Array(bytes))
    }
    return try TarImageSource(path: expanded)
  }

  /// gzip, zstd, xz and bzip2 by their first bytes.
  private static func isCompressed(_ file: Descriptor) throws -> Bool {
    let magics: [[UInt8]] = [
      [0x1f, 0x8b], [0x28, 0xb5, 0x2f, 0xfd], [0xfd, 0x37, 0x7a, 0x58, 0x5a], [0x42, 0x5a, 0x68],
    ]
    let source = FileSource(file, length: 8)
    // The bytes are the source's own, so it must outlive the copy.
    let head = try withExtendedLifetime(source) { try source.next().map(Array.init) ?? [] }
    return magics.contains { head.starts(with: $0) }
  }

  private static func planImport(_ source: any ImageSource, path: String, name: String?) throws -> [ImportPlan] {
    if source.contains("manifest.json") { return try DockerArchive.plan(source) }
    if source.contains("index.json") { return try OCILayout.plan(source, path: path, repository: name) }
    throw ImageStoreError.notAnImageArchive(path)
  }

  private func importImage(
    _ plan: ImportPlan, from source: any ImageSource, _ progress: @escaping ImageProgressHandler
  ) async throws -> Image {
    try await forEachLayer(plan.layers) { [self] layer in
      let staged = try await stage(layer.expectation) { try source.open(layer.file) }
      progress(
        ImageProgress(
          staged == nil ? .present : .unpacked, layer.expectation.name, completedBytes: layer.sizeBytes,
          totalBytes: layer.sizeBytes))
    }
    progress(ImageProgress(.committing, plan.references.first?.description ?? "image"))
    let image = try await commit(
      FinishedImage(configuration: plan.configuration, sizeBytes: plan.sizeBytes, references: plan.references))
    progress(ImageProgress(.done, image.names.first ?? image.id))
    return image
  }

  /// Does a few layers at once; one failure cancels the others.
  func forEachLayer<Layer: Sendable>(
    _ layers: [Layer], _ body: @escaping @Sendable (Layer) async throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, layer) in layers.enumerated() {
        if index >= ConfinedThread.maximumCount { try await group.next() }
        group.addTask { try await body(layer) }
      }
      try await group.waitForAll()
    }
  }
}

/// One image of an archive: what to unpack and how to call it.
struct ImportPlan: Sendable {
  struct Layer: Sendable {
    /// Its name in the archive.
    var file: String
    var expectation: BlobExpectation
    var sizeBytes: Int
  }

  var configuration: [UInt8]
  var layers: [Layer]
  var references: [ImageReference]

  var sizeBytes: Int { configuration.count + layers.reduce(0) { $0 + $1.sizeBytes } }
}
