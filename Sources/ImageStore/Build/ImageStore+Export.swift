import Glibc
import LinuxSystem

extension ImageStore {
  /// Writes an image as a tar that is an OCI layout and a docker-archive at once, as docker's own since version 25.
  ///
  /// Layers are packed anew from their directories. Those that were built here come out as they were; of a pulled image
  /// the tar's bytes may differ from the original's, and then so do its digests and its id.
  /// - Returns: the id of the image in the file.
  @discardableResult
  package func export(
    _ reference: String, to path: String, progress: @escaping ImageProgressHandler = { _ in }
  ) async throws -> String {
    guard let id = try imageID(reference), let image = try image(reference) else {
      throw ImageStoreError.notFound(reference)
    }
    let configuration = try configuration(id)
    let original = try FileSystem.read(layout.configuration(id))
    let work = session.newPath("export")
    defer { try? FileTree.remove(work) }
    try FileTree.makeDirectories(work)
    let directory = try Descriptor.open(work, O_RDONLY | O_DIRECTORY)
    let target = try Descriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
    return try await ConfinedThread.run(in: directory) {
      let layers = try image.layerDirectories.reversed().map { layer in
        progress(ImageProgress(.fetching, layer))
        return try ExportedLayer(directory: layer, work: work)
      }
      let archive = ExportedImage(
        names: image.names, layers: layers,
        configuration: try Self.configuration(configuration, original, with: layers.map(\.digest)))
      try archive.write(to: target, name: path)
      return Digest(of: archive.configuration).description
    }
  }

  /// The original bytes where the layers are the original ones.
  private static func configuration(
    _ configuration: ImageConfiguration, _ original: [UInt8], with layers: [Digest]
  ) throws -> [UInt8] {
    if try configuration.diffIDs() == layers { return original }
    var changed = configuration
    changed.rootFileSystem.diffIDs = layers.map(\.description)
    return try encodeDocument(changed)
  }
}

/// A layer packed into a file of its own.
private struct ExportedLayer {
  let digest: Digest
  let byteCount: Int
  let file: String

  init(directory: String, work: String) throws {
    let staged = "\(work)/staged"
    let output = try Descriptor.open(staged, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
    let result = try TreeArchiver().archive(directory, to: output)
    digest = result.digest
    byteCount = result.byteCount
    file = "\(work)/\(result.digest.hex)"
    try FileSystem.move(staged, to: file)
  }
}

private struct ExportedImage {
  var names: [String]
  var layers: [ExportedLayer]
  var configuration: [UInt8]

  private static let manifestType = "application/vnd.oci.image.manifest.v1+json"
  private static let layerType = "application/vnd.oci.image.layer.v1.tar"
  private static let configurationType = "application/vnd.oci.image.config.v1+json"

  func write(to target: Descriptor, name: String) throws {
    let writer = try TarWriter(output: target, name: name)
    var written: Set<Digest> = []
    for layer in layers where written.insert(layer.digest).inserted {
      try writer.addFile(blob(layer.digest), contentsOf: layer.file)
    }
    let manifest = try encodeDocument(ociManifest)
    for document in [configuration, manifest] { try writer.addFile(blob(Digest(of: document)), bytes: document) }
    try writer.addFile("index.json", bytes: try encodeDocument(index(of: manifest)))
    try writer.addFile("manifest.json", bytes: try encodeDocument([dockerEntry]))
    try writer.addFile("oci-layout", bytes: Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8))
    _ = try writer.finish()
  }

  private func blob(_ digest: Digest) -> String { DirectoryImageSource.blobName(digest) }

  private var ociManifest: ImageManifest {
    ImageManifest(
      schemaVersion: 2, mediaType: Self.manifestType,
      config: ContentDescriptor(
        mediaType: Self.configurationType, digest: Digest(of: configuration).description, size: configuration.count),
      layers: layers.map {
        ContentDescriptor(mediaType: Self.layerType, digest: $0.digest.description, size: $0.byteCount)
      })
  }

  /// One entry for each name, or one without.
  private func index(of manifest: [UInt8]) -> ImageManifest {
    let annotations: [[String: String]?] =
      names.isEmpty
      ? [nil]
      : names.map { [ContentDescriptor.referenceAnnotation: $0, ContentDescriptor.containerdNameAnnotation: $0] }
    return ImageManifest(
      schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json",
      manifests: annotations.map {
        ContentDescriptor(
          mediaType: Self.manifestType, digest: Digest(of: manifest).description, size: manifest.count,
          platform: .host, annotations: $0)
      })
  }

  private var dockerEntry: DockerArchiveEntry {
    DockerArchiveEntry(
      config: blob(Digest(of: configuration)), repoTags: names, layers: layers.map { blob($0.digest) })
  }
}
