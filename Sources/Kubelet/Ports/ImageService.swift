/// The node's images: the image store on a node (`Adapters/`), a fake in simulation.
package protocol ImageService: Sendable {
  /// The image that `reference` names, when it is here. Throws `ImageError` for a reference that is none.
  func image(_ reference: String) async throws -> ImageFacts?
  /// Throws `ImageError`.
  func pull(_ reference: String, secrets: [PullSecret]) async throws -> ImageFacts
  func images() async throws -> [ImageFacts]
  /// When each image was used last (or came), in seconds since 1970, by its id.
  func lastUses() async throws -> [String: Int]
  /// Removes images with all their names and the layers that no other image has.
  func remove(imageIDs: [String]) async throws
  /// What the secrets open of the reference. Throws `ImageError` for a reference that is none.
  func access(_ reference: String, secrets: [PullSecret]) throws -> ImageAccess
}

extension ImageService {
  package func access(_ reference: String, secrets: [PullSecret]) throws -> ImageAccess {
    ImageAccess(reference: reference, repository: reference)
  }
}

/// An image's full name, and the credentials that a pod has for it.
package struct ImageAccess: Sendable, Hashable {
  package var reference: String
  package var repository: String
  package var fingerprints: Set<String>

  package init(reference: String, repository: String, fingerprints: Set<String> = []) {
    self.reference = reference
    self.repository = repository
    self.fingerprints = fingerprints
  }
}

/// What an image says about itself.
package struct ImageFacts: Sendable, Hashable {
  /// `sha256:…` of its configuration.
  package var id: String
  package var names: [String] = []
  package var repoDigests: [String] = []
  package var sizeBytes = 0
  package var entrypoint: [String] = []
  package var command: [String] = []
  /// `NAME=value`.
  package var environment: [String] = []
  package var workingDirectory = ""
  package var user = ""
  package var stopSignal = ""
  /// Of an image just pulled: the credentials that the registry accepted; nil when none of a pod's were needed.
  package var credentialFingerprint: String?
  /// Topmost first.
  package var layerDirectories: [String] = []

  package init(id: String) { self.id = id }
}

/// What an `imagePullSecrets` entry holds.
package struct PullSecret: Sendable, Hashable {
  package var bytes: [UInt8]
  /// The older `dockercfg` form.
  package var isLegacy: Bool

  package init(bytes: [UInt8], isLegacy: Bool) {
    self.bytes = bytes
    self.isLegacy = isLegacy
  }
}

package struct ImageError: Error, Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    case invalidName
    case pullFailed
    case registryUnavailable
  }
  package var kind: Kind
  package var message: String

  package init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }
}
