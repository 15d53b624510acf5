import Glibc
import LinuxSystem

/// What `swiftlet image build` needs to know.
package struct ImageBuildRequest: Sendable {
  /// Where COPY finds files.
  package var contextDirectory: String
  /// Default: `Containerfile` in the context.
  package var recipePath: String?
  /// Names of the result; empty means those of the recipe's `NAME`.
  package var names: [String]
  /// Where Debian packages are kept between builds.
  package var packageCacheDirectory: String
  /// Latest modification time of files, in seconds since the epoch: `SOURCE_DATE_EPOCH`.
  package var latestTime: Int

  package init(
    contextDirectory: String, recipePath: String? = nil, names: [String] = [],
    packageCacheDirectory: String = "/var/cache/swiftlet/packages", latestTime: Int = 0
  ) {
    self.contextDirectory = contextDirectory
    self.recipePath = recipePath
    self.names = names
    self.packageCacheDirectory = packageCacheDirectory
    self.latestTime = latestTime
  }
}

extension ImageStore {
  /// Builds an image of one layer, over those of its base, and gives it its names. The same recipe over the same files
  /// and packages gives the same image id.
  ///
  /// - Throws: `RecipeError` with the line that failed, `ImageStoreError`, `InvalidImageName`.
  package func build(
    _ request: ImageBuildRequest, progress: @escaping ImageProgressHandler = { _ in }
  ) async throws -> Image {
    let path = request.recipePath ?? "\(request.contextDirectory)/Containerfile"
    let recipe = try Recipe(String(decoding: try FileSystem.read(path), as: UTF8.self), file: path)
    let names = try (request.names.isEmpty ? recipe.names : request.names).map { try ImageReference($0) }
    let base = try self.base(of: recipe, path)
    let work = session.newPath("build")
    defer { try? FileTree.remove(work) }
    try FileTree.makeDirectories(work)
    let builder = ImageBuilder(
      recipe: recipe, recipePath: path, contextDirectory: request.contextDirectory,
      packageCacheDirectory: request.packageCacheDirectory, workDirectory: work, latestTime: request.latestTime,
      baseLayers: base?.image.layerDirectories ?? [], baseExecution: base?.configuration.config, progress: progress)
    let directory = try Descriptor.open(work, O_RDONLY | O_DIRECTORY)
    let result = try await ConfinedThread.run(in: directory) { try builder.run() }
    progress(ImageProgress(.committing, names.first?.description ?? path))
    return try await commit(result, base: base, names: names, created: request.latestTime)
  }

  private func commit(
    _ result: ImageBuilder.Result, base: (image: Image, configuration: ImageConfiguration)?, names: [ImageReference],
    created: Int
  ) async throws -> Image {
    let diffIDs =
      (base?.configuration.rootFileSystem.diffIDs ?? []) + (result.layer.map { [$0.diffID.description] } ?? [])
    let time = utcTime(created)
    let configuration = ImageConfiguration(
      architecture: ImagePlatform.host.architecture, os: ImagePlatform.host.os, created: time,
      config: result.execution, history: diffIDs.map { _ in .init(created: time, createdBy: "swiftlet image build") },
      rootFileSystem: ImageConfiguration.RootFileSystem(type: "layers", diffIDs: diffIDs))
    let bytes = try encodeDocument(configuration)
    if let layer = result.layer { keepPending(try moveOut(layer)) }
    let size = bytes.count + (result.layer?.blobBytes ?? 0) + (base?.image.sizeBytes ?? 0)
    return try await commit(FinishedImage(configuration: bytes, sizeBytes: size, references: names))
  }

  /// Out of the build's own directory, which goes away.
  private func moveOut(_ layer: UnpackedLayer) throws -> UnpackedLayer {
    let path = session.newPath("layer")
    try FileSystem.move(layer.path, to: path)
    return UnpackedLayer(
      diffID: layer.diffID, blobDigest: layer.blobDigest, blobBytes: layer.blobBytes, path: path,
      implicitDirectories: [])
  }

  private func base(of recipe: Recipe, _ path: String) throws -> (image: Image, configuration: ImageConfiguration)? {
    guard case .from(let name) = recipe.instructions[0].step, name != "scratch" else { return nil }
    guard let image = try image(name), let id = try imageID(name) else {
      throw RecipeError(
        file: path, line: recipe.instructions[0].line,
        message: "FROM \(name): no such image in the store; import, pull or build it first")
    }
    return (image, try configuration(id))
  }
}

extension Recipe {
  /// What the recipe itself calls its result.
  var names: [String] {
    instructions.flatMap { instruction -> [String] in
      if case .name(let names) = instruction.step { return names }
      return []
    }
  }
}

/// RFC 3339 in UTC.
func utcTime(_ secondsSinceEpoch: Int) -> String {
  var seconds = time_t(secondsSinceEpoch)
  var parts = tm()
  gmtime_r(&seconds, &parts)
  var buffer = [CChar](repeating: 0, count: 32)
  let count = strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
  return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
