import Foundation

/// The JSON documents of the OCI image specification 1.1 and of Docker's schema 2, as far as the store reads them.
struct ContentDescriptor: Codable, Sendable, Equatable {
  var mediaType: String?
  var digest: String
  var size: Int
  var platform: ImagePlatform?
  var annotations: [String: String]?

  static let referenceAnnotation = "org.opencontainers.image.ref.name"
  /// Where containerd and docker note the whole reference.
  static let containerdNameAnnotation = "io.containerd.image.name"
}

struct ImagePlatform: Codable, Sendable, Equatable {
  var architecture: String
  var os: String
  var variant: String?

  #if arch(arm64)
    static let host = ImagePlatform(architecture: "arm64", os: "linux")
  #else
    static let host = ImagePlatform(architecture: "amd64", os: "linux")
  #endif

  /// The variant narrows an architecture (arm's v7); for those that run here it does not matter.
  func matches(_ other: ImagePlatform) -> Bool { architecture == other.architecture && os == other.os }
}

/// A manifest or an index: told apart by what they hold, since `mediaType` is optional in both.
struct ImageManifest: Codable, Sendable {
  var schemaVersion: Int
  var mediaType: String?
  var config: ContentDescriptor?
  var layers: [ContentDescriptor]?
  var manifests: [ContentDescriptor]?

  static let acceptedMediaTypes = [
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
  ]

  /// The index's entry for a platform. Entries without one count when they are alone.
  func entry(for platform: ImagePlatform) -> ContentDescriptor? {
    let candidates = (manifests ?? []).filter { $0.platform?.architecture != "unknown" }
    if let match = candidates.first(where: { $0.platform?.matches(platform) == true }) { return match }
    return candidates.count == 1 && candidates[0].platform == nil ? candidates[0] : nil
  }
}

/// The image configuration (config.md of the image specification).
struct ImageConfiguration: Codable, Sendable {
  struct Empty: Codable, Sendable, Equatable {}

  struct Execution: Codable, Sendable {
    var user: String?
    var exposedPorts: [String: Empty]?
    var environment: [String]?
    var entrypoint: [String]?
    var command: [String]?
    var volumes: [String: Empty]?
    var workingDirectory: String?
    var labels: [String: String]?
    var stopSignal: String?

    enum CodingKeys: String, CodingKey {
      case user = "User"
      case exposedPorts = "ExposedPorts"
      case environment = "Env"
      case entrypoint = "Entrypoint"
      case command = "Cmd"
      case volumes = "Volumes"
      case workingDirectory = "WorkingDir"
      case labels = "Labels"
      case stopSignal = "StopSignal"
    }
  }

  struct RootFileSystem: Codable, Sendable {
    var type: String
    var diffIDs: [String]

    enum CodingKeys: String, CodingKey {
      case type
      case diffIDs = "diff_ids"
    }
  }

  struct History: Codable, Sendable {
    var created: String?
    var createdBy: String?

    enum CodingKeys: String, CodingKey {
      case created
      case createdBy = "created_by"
    }
  }

  var architecture: String?
  var os: String?
  var created: String?
  var config: Execution?
  var history: [History]?
  var rootFileSystem: RootFileSystem

  enum CodingKeys: String, CodingKey {
    case architecture, os, created, config, history
    case rootFileSystem = "rootfs"
  }

  /// Bottom first.
  func diffIDs() throws(ReferenceError) -> [Digest] {
    var result: [Digest] = []
    for text in rootFileSystem.diffIDs { result.append(try Digest(text)) }
    return result
  }

  var imageConfig: ImageConfig {
    let config = config ?? Execution()
    return ImageConfig(
      entrypoint: config.entrypoint ?? [], command: config.command ?? [], environment: config.environment ?? [],
      workingDirectory: config.workingDirectory ?? "", user: config.user ?? "", stopSignal: config.stopSignal ?? "",
      exposedPorts: (config.exposedPorts ?? [:]).keys.sorted(), volumes: (config.volumes ?? [:]).keys.sorted(),
      labels: config.labels ?? [:])
  }
}

/// `manifest.json` of a docker-archive.
struct DockerArchiveEntry: Codable, Sendable {
  var config: String
  var repoTags: [String]?
  var layers: [String]

  enum CodingKeys: String, CodingKey {
    case config = "Config"
    case repoTags = "RepoTags"
    case layers = "Layers"
  }
}

/// Reads a document of an image.
///
/// - Throws: `ImageStoreError.malformed` naming the document.
func decodeDocument<Document: Decodable>(_: Document.Type, _ bytes: [UInt8], name: String) throws -> Document {
  do {
    return try JSONDecoder().decode(Document.self, from: Data(bytes))
  } catch {
    throw ImageStoreError.malformed(document: name, reason: reason(of: error))
  }
}

private func reason(of error: any Error) -> String {
  guard let error = error as? DecodingError else { return "\(error)" }
  return switch error {
  case .keyNotFound(let key, _): "field \(key.stringValue) is missing"
  case .typeMismatch(_, let context), .valueNotFound(_, let context):
    "field \(context.codingPath.map(\.stringValue).joined(separator: ".")) has another type"
  default: "not JSON"
  }
}

/// Deterministic JSON: sorted keys, no needless escapes.
func encodeDocument(_ document: some Encodable) throws -> [UInt8] {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  return Array(try encoder.encode(document))
}
