import Glibc
import LinuxSystem

/// What makes two pulls the same.
struct PullKey: Hashable, Sendable {
  var reference: ImageReference
  var credentials: RegistryCredentials?
}

extension ImageStore {
  static let maximumCommitAttempts = 3

  /// Pulls an image for this machine's platform from the first endpoint that has it. Layers that are here are not
  /// fetched; pulls of the same image at the same time are one.
  ///
  /// - Parameter progress: of pulls that join another one, only the first one's is called.
  /// - Throws: `InvalidImageName`, `ImagePullError` in containerd's words, or `CancellationError`.
  package func pull(
    _ reference: String, credentials: RegistryCredentials? = nil, progress: @escaping ImageProgressHandler = { _ in }
  ) async throws -> Image {
    let wanted = try ImageReference(reference).canonical
    return try await pulls.run(PullKey(reference: wanted, credentials: credentials)) { [self] in
      try await ImagePull(store: self, reference: wanted, credentials: credentials, progress: progress).run()
    }
  }

  /// Fetches and unpacks one layer unless it is here; several pulls that want it share the work.
  func fetchLayer(
    _ expected: BlobExpectation, _ digest: Digest, from client: RegistryClient,
    _ progress: @escaping ImageProgressHandler
  ) async throws {
    guard let diffID = expected.diffID, !hasLayer(diffID) else {
      return progress(ImageProgress(.present, digest.description))
    }
    try await layerFetches.run(diffID) { [self] in
      if hasLayer(diffID) { return }
      let size = expected.sizeBytes ?? 0
      let channel = try ChunkChannel()
      let download = BlobDownload(client: client, digest: digest, sizeBytes: size, progress: progress)
      async let transfer: Void = download.run(into: channel)
      do {
        keepPending(try await unpack(expected) { ChannelSource(channel) })
      } catch {
        channel.abandon()
        throw error
      }
      await transfer
      progress(ImageProgress(.unpacked, digest.description, completedBytes: size, totalBytes: size))
    }
  }
}

/// One pull, from the reference to the image.
private struct ImagePull {
  /// An image as a registry has it.
  struct Resolved: Sendable {
    /// Of the manifest or index that the reference leads to: the repository digest.
    var digest: Digest
    var contents: ManifestContents
    var manifestBytes: Int
  }

  static let maximumIndexDepth = 4

  let store: ImageStore
  let reference: ImageReference
  let credentials: RegistryCredentials?
  let progress: ImageProgressHandler

  /// A failure that says at which step it happened.
  struct Failure: Error {
    var step: String
    var error: any Error
  }

  func run() async throws -> Image {
    var failures: [Failure] = []
    for endpoint in store.registries.endpoints(for: reference) {
      do {
        return try await pull(from: endpoint)
      } catch let failure as Failure {
        // Another endpoint may have it; one that has it and breaks does not hide behind the next.
        failures.append(failure)
        if !failure.step.hasPrefix("failed to resolve") || failure.error is CancellationError { break }
      }
    }
    if failures.contains(where: { $0.error is CancellationError }) { throw CancellationError() }
    throw report(failures)
  }

  /// The most telling failure, the first of its kind: an answer that explains, then "not found", then no answer.
  private func report(_ failures: [Failure]) -> ImagePullError {
    let rank = { (failure: Failure) in
      switch failure.error {
      case RegistryError.requestFailed: 2
      case RegistryError.notFound: 1
      default: 0
      }
    }
    let chosen = failures.min { rank($0) < rank($1) }
    return ImagePullError(
      reference, step: chosen?.step ?? "", chosen?.error ?? RegistryError.notFound(reference.description))
  }

  private func pull(from endpoint: RegistryEndpoint) async throws -> Image {
    let settings = store.registries.host(endpoint)
    return try await atStep("failed to resolve reference \(quoted(reference.description)): ") {
      try await RegistryClient.with(endpoint, for: reference, settings: settings, credentials: credentials) { client in
        progress(ImageProgress(.resolving, reference.description))
        let resolved = try await resolve(client)
        return try await fetch(resolved, from: client)
      }
    }
  }

  /// Says where an error happened, unless an inner step has said it.
  private func atStep<Value>(_ step: String, _ body: () async throws -> Value) async throws -> Value {
    do {
      return try await body()
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure(step: step, error: error)
    }
  }

  private func resolve(_ client: RegistryClient) async throws -> Resolved {
    let tagOrDigest = reference.digest ?? reference.tag ?? ImageReference.defaultTag
    let document = try await client.manifest(tagOrDigest, name: reference.description)
    let digest = try check(document.bytes, expected: reference.digest)
    var manifest = try decodeDocument(ImageManifest.self, document.bytes, name: "manifest \(digest)")
    var size = document.bytes.count
    for _ in 0..<Self.maximumIndexDepth where manifest.config == nil {
      guard let entry = manifest.entry(for: .host) else {
        throw ImageStoreError.noMatchingPlatform(reference.description)
      }
      let next = try await client.manifest(entry.digest, name: reference.description)
      _ = try check(next.bytes, expected: entry.digest)
      manifest = try decodeDocument(ImageManifest.self, next.bytes, name: "manifest \(entry.digest)")
      size = next.bytes.count
    }
    let contents = try ManifestContents(manifest, name: "manifest of \(reference)")
    return Resolved(digest: digest, contents: contents, manifestBytes: size)
  }

  private func check(_ bytes: [UInt8], expected: String?) throws -> Digest {
    let actual = Digest(of: bytes)
    if let expected = try expected.map({ try Digest($0) }), expected != actual {
      throw LayerError.wrongDigest(expected: expected, actual: actual)
    }
    return actual
  }

  private func fetch(_ resolved: Resolved, from client: RegistryClient) async throws -> Image {
    let configuration = try await atStep("failed to copy: ") {
      try await client.document(resolved.contents.configuration)
    }
    let layers = try atConfiguration { try resolved.contents.layers(configuration: configuration) }
    for _ in 1...ImageStore.maximumCommitAttempts {
      try await store.forEachLayer(layers) { [store, progress] expectation, digest in
        do {
          try await store.fetchLayer(expectation, digest, from: client, progress)
        } catch {
          throw Failure(step: step(of: error, digest), error: error)
        }
      }
      if let image = try await commit(configuration, resolved) { return image }
    }
    throw Failure(step: "", error: ImageStoreError.missingLayer(reference.description))
  }

  private func atConfiguration<Value>(_ body: () throws -> Value) throws -> Value {
    do { return try body() } catch { throw Failure(step: "failed to unpack image: ", error: error) }
  }

  /// - Returns: nil when garbage collection took a layer between our look and the commit, so that it must be fetched.
  private func commit(_ configuration: [UInt8], _ resolved: Resolved) async throws -> Image? {
    progress(ImageProgress(.committing, reference.description))
    let image = FinishedImage(
      configuration: configuration, sizeBytes: resolved.contents.sizeBytes + resolved.manifestBytes,
      references: [reference, reference.digested(resolved.digest.description)])
    do {
      let result = try await store.commit(image)
      progress(ImageProgress(.done, reference.description))
      return result
    } catch ImageStoreError.missingLayer {
      return nil
    } catch {
      throw Failure(step: "", error: error)
    }
  }
}

/// Fetching and unpacking go hand in hand; the error's kind says which of them failed.
private func step(of error: any Error, _ digest: Digest) -> String {
  switch error {
  case is RegistryError, LayerError.wrongDigest, LayerError.wrongSize: "failed to copy: "
  default: "failed to extract layer \(digest): "
  }
}
