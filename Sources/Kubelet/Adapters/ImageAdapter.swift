import ImageStore
import LinuxSystem

/// The image store as the node agent sees it. Its look-ups read files, so they run beside the cooperative pool.
package struct ImageAdapter: ImageService {
  private let store: ImageStore
  private let pool: BlockingPool

  package init(_ store: ImageStore) throws(SystemCallError) {
    self.store = store
    pool = try BlockingPool(name: "images", threads: 1)
  }

  package func image(_ reference: String) async throws -> ImageFacts? {
    do {
      return try await pool.run { [store] in try store.image(reference).map(ImageFacts.init) }
    } catch let error as InvalidImageName {
      throw ImageError(.invalidName, "\(error.reason)")
    }
  }

  package func images() async throws -> [ImageFacts] {
    try await pool.run { [store] in try store.list().map(ImageFacts.init) }
  }

  package func lastUses() async throws -> [String: Int] {
    try await pool.run { [store] in
      Dictionary(try store.list().map { ($0.id, store.lastUsed($0.id) ?? 0) }, uniquingKeysWith: { $1 })
    }
  }

  package func remove(imageIDs: [String]) async throws {
    try await pool.run { [store] in
      let others = try store.list().map(\.id).filter { !imageIDs.contains($0) }
      for id in imageIDs { try store.remove(id) }
      try store.collectGarbage(keep: Set(others))
    }
  }

  package func access(_ reference: String, secrets: [PullSecret]) throws -> ImageAccess {
    do {
      let wanted = try ImageReference(reference)
      let fitting = try Self.credentials(secrets, for: wanted)
      return ImageAccess(
        reference: wanted.canonical.description, repository: wanted.name, fingerprints: Set(fitting.map(\.fingerprint)))
    } catch let error as InvalidImageName {
      throw ImageError(.invalidName, "\(error.reason)")
    }
  }

  private static func credentials(
    _ secrets: [PullSecret], for reference: ImageReference
  ) throws -> [RegistryCredentials] {
    try secrets.flatMap {
      try DockerConfiguration(json: $0.bytes, isLegacy: $0.isLegacy).credentials(for: reference)
    }
  }

  /// Tries the credentials that fit, the most specific first, then none.
  package func pull(_ reference: String, secrets: [PullSecret]) async throws -> ImageFacts {
    do {
      let wanted = try ImageReference(reference)
      let fitting = try Self.credentials(secrets, for: wanted)
      var lastError: (any Error)?
      for credentials in fitting.map(Optional.some) + (fitting.isEmpty ? [nil] : []) {
        do {
          var facts = ImageFacts(try await store.pull(reference, credentials: credentials))
          facts.credentialFingerprint = credentials?.fingerprint
          return facts
        } catch {
          lastError = error
        }
      }
      throw lastError ?? ImageError(.pullFailed, "no credentials left to try for \(reference)")
    } catch let error as InvalidImageName {
      throw ImageError(.invalidName, "\(error.reason)")
    } catch let error as CancellationError {
      throw error
    } catch let error as ImageError {
      throw error
    } catch {
      throw ImageError(.pullFailed, "\(error)")
    }
  }
}

extension ImageFacts {
  init(_ image: Image) {
    self.init(id: image.id)
    names = image.names
    repoDigests = image.repoDigests
    sizeBytes = image.sizeBytes
    entrypoint = image.config.entrypoint
    command = image.config.command
    environment = image.config.environment
    workingDirectory = image.config.workingDirectory
    user = image.config.user
    stopSignal = image.config.stopSignal
    layerDirectories = image.layerDirectories
  }
}
