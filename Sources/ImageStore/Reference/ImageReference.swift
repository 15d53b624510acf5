/// A normalised image reference: `docker.io/library/busybox:latest`, `ghcr.io/a/b@sha256:…`.
///
/// The grammar and the normalisation are those of the distribution project's `reference` package (v0.6), which the
/// kubelet and containerd use: Docker Hub is the default registry, `library/` its default namespace and `latest` the
/// default tag.
package struct ImageReference: Sendable, Hashable {
  /// The registry's host, with its port when one was given.
  package var domain: String
  /// The repository below the registry.
  package var path: String
  package var tag: String?
  /// `sha256:…`.
  package var digest: String?

  package static let defaultDomain = "docker.io"
  package static let defaultTag = "latest"
  static let maximumNameLength = 255
  static let maximumTagLength = 128

  /// `docker.io/library/busybox`.
  package var name: String { "\(domain)/\(path)" }

  /// The reference without a tag when it has a digest, as containerd names images; otherwise with its tag.
  package var canonical: ImageReference {
    var result = self
    if digest != nil { result.tag = nil } else { result.tag = tag ?? Self.defaultTag }
    return result
  }

  /// The same repository with this digest.
  package func digested(_ digest: String) -> ImageReference {
    ImageReference(domain: domain, path: path, tag: nil, digest: digest)
  }

  package init(domain: String, path: String, tag: String? = nil, digest: String? = nil) {
    self.domain = domain
    self.path = path
    self.tag = tag
    self.digest = digest
  }

  /// Parses and normalises what a user writes; adds `latest` where there is neither tag nor digest.
  ///
  /// - Throws: `InvalidImageName` with upstream's words.
  package init(_ text: String) throws(InvalidImageName) {
    do {
      var parsed = try ReferenceParser.parse(text)
      if parsed.digest == nil { parsed.tag = parsed.tag ?? Self.defaultTag }
      self = parsed
    } catch {
      throw InvalidImageName(name: text, reason: error)
    }
  }
}

extension ImageReference: CustomStringConvertible {
  package var description: String {
    name + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
  }
}

/// A text that is no image reference; the kubelet reports it as `InvalidImageName`.
package struct InvalidImageName: Error, Equatable, Sendable, CustomStringConvertible {
  package var name: String
  package var reason: ReferenceError

  package var description: String { "couldn't parse image name \(quoted(name)): \(reason)" }
}

/// Why a text is no image reference.
package enum ReferenceError: Error, Equatable, Sendable, CustomStringConvertible {
  case invalidFormat
  case uppercaseRepository(String)
  case uppercaseName
  case nameTooLong
  case identifier(String)
  case unsupportedDigestAlgorithm
  case invalidDigestLength
  case invalidDigestFormat

  package var description: String {
    switch self {
    case .invalidFormat: "invalid reference format"
    case .uppercaseRepository(let name): "invalid reference format: repository name (\(name)) must be lowercase"
    case .uppercaseName: "repository name must be lowercase"
    case .nameTooLong: "repository name must not be more than \(ImageReference.maximumNameLength) characters"
    case .identifier(let text):
      "invalid repository name (\(text)), cannot specify 64-byte hexadecimal strings"
    case .unsupportedDigestAlgorithm: "unsupported digest algorithm"
    case .invalidDigestLength: "invalid checksum digest length"
    case .invalidDigestFormat: "invalid checksum digest format"
    }
  }
}

/// A text between double quotes, with quotes and backslashes escaped.
func quoted(_ text: String) -> String {
  var result = "\""
  for character in text {
    if character == "\"" || character == "\\" { result.append("\\") }
    result.append(character)
  }
  return result + "\""
}
