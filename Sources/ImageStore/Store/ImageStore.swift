import Glibc
import LinuxSystem
import Synchronization

/// The node's images: unpacked layers, configurations and names, all of them plain files below one root.
///
/// The file system is the truth, so several processes may use one root at once: what is being made lies in a room of
/// its own and appears by rename; whoever changes what exists holds a lock file, and counts up in it what was changed, so that
/// others know whether what they remember still holds. Reading takes no lock.
package final class ImageStore: Sendable {
  package let root: String
  let layout: StoreLayout
  let session: StoreSession
  /// Layers that are unpacked in the session's room and belong to no image yet, by diff id.
  let pending = Mutex<[Digest: UnpackedLayer]>([:])
  /// However many pulls and imports run, so many layers are unpacked at once.
  let unpackSlots = Slots(count: ConfinedThread.maximumCount)
  let limits: UnpackLimits
  let registries: RegistriesConfiguration
  let layerFetches = InFlight<Digest, Void>()
  let pulls = InFlight<PullKey, Image>()
  private let known = Mutex(KnownImages())

  /// Opens or makes a store and sweeps what a crashed process left.
  ///
  /// - Parameter registries: mirrors, credentials and TLS of registries: k3s's `registries.yaml`.
  package init(
    root: String, registries: RegistriesConfiguration = RegistriesConfiguration(), limits: UnpackLimits = UnpackLimits()
  ) throws {
    let root = try Self.absolute(root)
    self.root = root
    self.registries = registries
    self.limits = limits
    layout = StoreLayout(root: root)
    try layout.makeDirectories()
    session = try StoreLock.hold(layout.lock) { [layout] in
      try StoreSession.sweep(layout.temporary)
      return try StoreSession(in: layout.temporary)
    }
  }

  private static func absolute(_ path: String) throws -> String {
    if path.hasPrefix("/") { return path }
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    guard let directory = getcwd(&buffer, buffer.count) else { throw SystemCallError(call: "getcwd", errno: errno) }
    return "\(String(cString: directory))/\(path)"
  }

  /// The image of a reference as a user writes it, or of an image id; nil when it is not here.
  ///
  /// - Throws: `InvalidImageName`, or `SystemCallError` when the store cannot be read.
  package func image(_ reference: String) throws -> Image? {
    let generation = StoreLock.generation(layout.lock)
    if let generation, let image = known.withLock({ $0.image(reference, generation) }) { return image }
    let image = try readImage(reference)
    if let generation, let image { known.withLock { $0.note(image, as: reference, generation) } }
    return image
  }

  /// The same, from the files.
  func readImage(_ reference: String) throws -> Image? {
    guard let id = try imageID(reference) else { return nil }
    return try load(id, names: try namesByImage()[id] ?? [])
  }

  /// All images, also those that have lost their names, ordered by id.
  package func list() throws -> [Image] {
    let names = try namesByImage()
    return try imageIDs().compactMap { try load($0, names: names[$0] ?? []) }
  }

  /// Notes that an image is being used, for garbage collection by last use.
  package func markUsed(_ imageID: String) {
    guard let id = try? Digest(imageID) else { return }
    utimes(layout.record(id), nil)
  }

  /// `sha256:<64 hex>`, 64 hex digits, or a reference.
  func imageID(_ reference: String) throws -> Digest? {
    let text = ReferenceParser.isIdentifier(reference) ? "sha256:\(reference)" : reference
    if text.hasPrefix("sha256:"), let id = try? Digest(text) {
      return FileTree.exists(layout.configuration(id)) ? id : nil
    }
    return try readName(layout.name(try ImageReference(reference).canonical))
  }

  private func readName(_ path: String) throws -> Digest? {
    do throws(SystemCallError) {
      let text = String(decoding: try FileSystem.read(path, limitBytes: 256), as: UTF8.self)
      return try? Digest(text)
    } catch {
      if error.errno == ENOENT { return nil }
      throw error
    }
  }

  func imageIDs() throws -> [Digest] {
    try FileTree.names(in: layout.images).compactMap { file in
      file.hasSuffix(".json") ? try? Digest("sha256:\(file.dropLast(".json".count))") : nil
    }
  }

  /// - Returns: nil when the image goes away while it is read.
  private func load(_ id: Digest, names: [ImageReference]) throws -> Image? {
    do {
      let configuration = try configuration(id)
      let record = (try? readRecord(id)) ?? ImageRecord(sizeBytes: 0)
      return Image(
        id: id.description,
        names: names.filter { $0.digest == nil }.map(\.description).sorted(),
        repoDigests: names.filter { $0.digest != nil }.map(\.description).sorted(),
        sizeBytes: record.sizeBytes,
        layerDirectories: try configuration.diffIDs().reversed().map(layout.layer),
        config: configuration.imageConfig)
    } catch let error as SystemCallError where error.errno == ENOENT {
      return nil
    }
  }

  func configuration(_ id: Digest) throws -> ImageConfiguration {
    let path = layout.configuration(id)
    return try decodeDocument(ImageConfiguration.self, try FileSystem.read(path), name: path)
  }

  func readRecord(_ id: Digest) throws -> ImageRecord {
    try decodeDocument(ImageRecord.self, try FileSystem.read(layout.record(id)), name: layout.record(id))
  }

  /// Every name file's reference by the image that it names.
  func namesByImage() throws -> [Digest: [ImageReference]] {
    var result: [Digest: [ImageReference]] = [:]
    try forEachName { reference, path in
      if let id = try readName(path) { result[id, default: []].append(reference) }
    }
    return result
  }

  /// Walks the name directories; a leaf's name starts with `:` or `@`, a directory's never does.
  func forEachName(_ body: (ImageReference, _ path: String) throws -> Void) throws {
    var directories = try FileTree.names(in: layout.names).map { (domain: $0, path: "") }
    while let (domain, path) = directories.popLast() {
      let directory = "\(layout.names)/\(domain)\(path.isEmpty ? "" : "/\(path)")"
      for entry in try FileTree.names(in: directory) {
        if entry.hasPrefix(":") {
          try body(ImageReference(domain: domain, path: path, tag: String(entry.dropFirst())), "\(directory)/\(entry)")
        } else if entry.hasPrefix("@") {
          try body(
            ImageReference(domain: domain, path: path, digest: String(entry.dropFirst())), "\(directory)/\(entry)")
        } else {
          directories.append((domain, path.isEmpty ? entry : "\(path)/\(entry)"))
        }
      }
    }
  }
}

/// What the store keeps of an image beside its configuration.
struct ImageRecord: Codable, Sendable {
  var sizeBytes: Int
}
