/// An OCI image layout: `index.json` leads to manifests or further indexes, everything else lies under its digest.
enum OCILayout {
  static let maximumIndexDepth = 4

  static func plan(_ source: any ImageSource, path: String, repository: String?) throws -> [ImportPlan] {
    let index = try decodeDocument(ImageManifest.self, try source.read("index.json"), name: "index.json")
    let descriptors = index.manifests ?? []
    // Unnamed entries for several platforms are one image; named ones are images of their own.
    let isOneImage = descriptors.count > 1 && descriptors.allSatisfy { name(of: $0) == nil && $0.platform != nil }
    let chosen = isOneImage ? index.entry(for: .host).map { [$0] } ?? [] : descriptors
    if chosen.isEmpty { throw ImageStoreError.noMatchingPlatform(path) }
    return try chosen.map { descriptor in
      let manifest = try resolve(descriptor, source, path: path, depth: 0)
      return try plan(manifest, source, references: references(of: descriptor, repository: repository))
    }
  }

  private static func name(of descriptor: ContentDescriptor) -> String? {
    descriptor.annotations?[ContentDescriptor.containerdNameAnnotation]
      ?? descriptor.annotations?[ContentDescriptor.referenceAnnotation]
  }

  /// The annotation holds a whole reference, or by the specification's first reading a tag alone.
  static func references(of descriptor: ContentDescriptor, repository: String?) throws -> [ImageReference] {
    let name = name(of: descriptor)
    if let name, name.contains("/") || name.contains(":") { return [try ImageReference(name)] }
    guard let repository else { return [] }
    return [try ImageReference(name.map { "\(repository):\($0)" } ?? repository)]
  }

  private static func resolve(
    _ descriptor: ContentDescriptor, _ source: any ImageSource, path: String, depth: Int
  ) throws -> ImageManifest {
    let manifest = try decodeDocument(
      ImageManifest.self, try source.readBlob(try Digest(descriptor.digest)), name: descriptor.digest)
    if manifest.config != nil { return manifest }
    guard depth < maximumIndexDepth, let next = manifest.entry(for: .host) else {
      throw ImageStoreError.noMatchingPlatform(path)
    }
    return try resolve(next, source, path: path, depth: depth + 1)
  }

  private static func plan(
    _ manifest: ImageManifest, _ source: any ImageSource, references: [ImageReference]
  ) throws -> ImportPlan {
    let contents = try ManifestContents(manifest, name: "manifest")
    let bytes = try source.readBlob(contents.configuration)
    let layers = try contents.layers(configuration: bytes).map { expectation, digest in
      ImportPlan.Layer(
        file: DirectoryImageSource.blobName(digest), expectation: expectation, sizeBytes: expectation.sizeBytes ?? 0)
    }
    return ImportPlan(configuration: bytes, layers: layers, references: references)
  }
}

/// A manifest whose fields are all there and whose digests are digests.
struct ManifestContents: Sendable {
  let configuration: Digest
  let configurationBytes: Int
  let blobs: [(digest: Digest, sizeBytes: Int)]

  static let maximumLayers = 512

  init(_ manifest: ImageManifest, name: String) throws {
    guard let config = manifest.config, let layers = manifest.layers else {
      throw ImageStoreError.malformed(document: name, reason: "no config or no layers")
    }
    if layers.count > Self.maximumLayers {
      throw ImageStoreError.malformed(document: name, reason: "more than \(Self.maximumLayers) layers")
    }
    configuration = try Digest(config.digest)
    configurationBytes = config.size
    blobs = try layers.map { (try Digest($0.digest), $0.size) }
  }

  var sizeBytes: Int { configurationBytes + blobs.reduce(0) { $0 + $1.sizeBytes } }

  /// Bottom first, with the diff ids of the configuration.
  func layers(configuration: [UInt8]) throws -> [(BlobExpectation, Digest)] {
    let diffIDs = try decodeDocument(
      ImageConfiguration.self, configuration, name: "configuration \(self.configuration)"
    ).diffIDs()
    guard diffIDs.count == blobs.count else {
      throw ImageStoreError.malformed(
        document: "configuration \(self.configuration)",
        reason: "mismatched image rootfs and manifest layers: \(diffIDs.count) and \(blobs.count)")
    }
    return zip(blobs, diffIDs).map { blob, diffID in
      (
        BlobExpectation(name: "layer \(blob.digest)", digest: blob.digest, sizeBytes: blob.sizeBytes, diffID: diffID),
        blob.digest
      )
    }
  }
}
