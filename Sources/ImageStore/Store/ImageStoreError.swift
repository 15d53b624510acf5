/// What the store answers when it cannot do what was asked.
package enum ImageStoreError: Error, Equatable, Sendable, CustomStringConvertible {
  case notFound(String)
  case malformed(document: String, reason: String)
  case notAnImageArchive(String)
  case noMatchingPlatform(String)
  case missingBlob(String)
  case missingLayer(String)
  case notPermitted(String)

  package var description: String {
    switch self {
    case .notFound(let name): "image \(quoted(name)) not found"
    case .malformed(let document, let reason): "\(document) is malformed: \(reason)"
    case .notAnImageArchive(let path):
      "\(path) holds neither manifest.json (docker-archive) nor index.json (OCI layout)"
    case .noMatchingPlatform(let name): "no match for platform in manifest of \(name): not found"
    case .missingBlob(let name): "the archive lacks \(name)"
    case .missingLayer(let digest): "layer \(digest) vanished from the store; pull or import the image again"
    case .notPermitted(let action): "\(action) needs root"
    }
  }
}
