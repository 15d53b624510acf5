/// What `docker save` and `skopeo copy … docker-archive:` write: `manifest.json` names configurations, tags and layers.
enum DockerArchive {
  static func plan(_ source: any ImageSource) throws -> [ImportPlan] {
    let entries = try decodeDocument([DockerArchiveEntry].self, try source.read("manifest.json"), name: "manifest.json")
    return try entries.map { try plan($0, source) }
  }

  private static func plan(_ entry: DockerArchiveEntry, _ source: any ImageSource) throws -> ImportPlan {
    let bytes = try source.read(entry.config)
    try checkName(of: entry.config, bytes)
    let diffIDs = try decodeDocument(ImageConfiguration.self, bytes, name: entry.config).diffIDs()
    guard diffIDs.count == entry.layers.count else {
      throw ImageStoreError.malformed(
        document: "manifest.json", reason: "\(entry.layers.count) layers, but \(entry.config) has \(diffIDs.count)")
    }
    let layers = try zip(entry.layers, diffIDs).map { file, diffID in
      ImportPlan.Layer(
        file: file, expectation: BlobExpectation(name: "layer \(diffID)", diffID: diffID),
        sizeBytes: try source.sizeBytes(file))
    }
    return ImportPlan(
      configuration: bytes, layers: layers, references: try (entry.repoTags ?? []).map { try ImageReference($0) })
  }

  /// A configuration is named after its digest, in several spellings; where there is one, it must be true.
  private static func checkName(of file: String, _ bytes: [UInt8]) throws {
    let base = LayerEntry.split(file).base
    let hex = base.hasSuffix(".json") ? String(base.dropLast(".json".count)) : base
    guard let expected = try? Digest("sha256:\(hex)") else { return }
    let actual = Digest(of: bytes)
    if actual != expected { throw LayerError.wrongDigest(expected: expected, actual: actual) }
  }
}
