/// The grammar of image references, on bytes: what is not ASCII is never part of one.
enum ReferenceParser {
  static func parse(_ text: String) throws(ReferenceError) -> ImageReference {
    if isIdentifier(text) { throw .identifier(text) }
    let (domain, remainder) = splitDomain(text)
    let repository = remainder.prefix { $0 != ":" }
    if repository.contains(where: \.isUppercase) { throw .uppercaseRepository(String(repository)) }
    guard let parts = match(domain: domain, remainder: remainder) else {
      let lowered = match(domain: domain.lowercased(), remainder: remainder.lowercased())
      throw lowered != nil && "\(domain)/\(remainder)".contains(where: \.isUppercase) ? .uppercaseName : .invalidFormat
    }
    if parts.path.utf8.count > ImageReference.maximumNameLength { throw .nameTooLong }
    if let digest = parts.digest { try validate(digest: digest) }
    return parts
  }

  /// 64 lower-case hex digits: an image's id, never a name.
  static func isIdentifier(_ text: String) -> Bool {
    text.utf8.count == 64 && text.utf8.allSatisfy(isLowerHex)
  }

  /// Only sha256 is spoken here; the registered sha384 and sha512 are refused as an unknown algorithm is.
  static func validate(digest: String) throws(ReferenceError) {
    guard let colon = digest.firstIndex(of: ":") else { throw .invalidDigestFormat }
    guard digest[..<colon] == "sha256" else { throw .unsupportedDigestAlgorithm }
    let hex = digest[digest.index(after: colon)...].utf8
    guard hex.count == 64 else { throw .invalidDigestLength }
    guard hex.allSatisfy(isLowerHex) else { throw .invalidDigestFormat }
  }

  /// Which leading component is a registry: one with a dot, a colon or an upper-case letter, or `localhost`.
  static func splitDomain(_ text: String) -> (domain: String, remainder: String) {
    guard let slash = text.firstIndex(of: "/") else { return (ImageReference.defaultDomain, "library/" + text) }
    let first = String(text[..<slash])
    let rest = String(text[text.index(after: slash)...])
    var result = (ImageReference.defaultDomain, text)
    if first == "localhost" || first.contains(where: { $0 == "." || $0 == ":" || $0.isUppercase }) {
      result = (first == "index.docker.io" ? ImageReference.defaultDomain : first, rest)
    }
    if result.0 == ImageReference.defaultDomain, !result.1.contains("/") { result.1 = "library/" + result.1 }
    return result
  }

  private static func match(domain: String, remainder: String) -> ImageReference? {
    var rest = remainder[...]
    var digest: String?
    if let at = rest.firstIndex(of: "@") {
      digest = String(rest[rest.index(after: at)...])
      rest = rest[..<at]
    }
    var tag: String?
    if let colon = rest.firstIndex(of: ":") {
      tag = String(rest[rest.index(after: colon)...])
      rest = rest[..<colon]
    }
    guard isDomain(domain), isPath(rest), tag.map(isTag) ?? true, digest.map(isDigest) ?? true else { return nil }
    return ImageReference(domain: domain, path: String(rest), tag: tag, digest: digest)
  }

  private static func isTag(_ tag: String) -> Bool {
    guard let first = tag.utf8.first, isWord(first), tag.utf8.count <= ImageReference.maximumTagLength else {
      return false
    }
    return tag.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
  }

  /// `algorithm[separator algorithm…]:` and at least 32 hex digits.
  private static func isDigest(_ digest: String) -> Bool {
    guard let colon = digest.firstIndex(of: ":") else { return false }
    let algorithms = digest[..<colon].utf8.split(omittingEmptySubsequences: false) { "-_+.".utf8.contains($0) }
    let hex = digest[digest.index(after: colon)...].utf8
    return hex.count >= 32 && hex.allSatisfy { isLowerHex($0) || isUpperHex($0) }
      && algorithms.allSatisfy { $0.first.map(isLetter) == true && $0.allSatisfy { isLetter($0) || isDigit($0) } }
  }

  private static func isDomain(_ domain: String) -> Bool {
    var host = domain[...]
    if let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") {
      let port = host[host.index(after: colon)...]
      guard !port.isEmpty, port.utf8.allSatisfy(isDigit) else { return false }
      host = host[..<colon]
    }
    if host.hasPrefix("["), host.hasSuffix("]") {
      let address = host.dropFirst().dropLast()
      return !address.isEmpty
        && address.utf8.allSatisfy { isLowerHex($0) || isUpperHex($0) || $0 == UInt8(ascii: ":") }
    }
    let labels = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return labels.allSatisfy { label in
      guard let first = label.first, let last = label.last, first != 0x2d, last != 0x2d else { return false }
      return label.allSatisfy { isLetter($0) || isDigit($0) || $0 == 0x2d }
    }
  }

  private static func isPath(_ path: Substring) -> Bool {
    path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy(isPathComponent)
  }

  /// Lower-case letters and digits, parted by one dot, one or two underscores, or dashes.
  private static func isPathComponent(_ component: Substring.UTF8View.SubSequence) -> Bool {
    var separator: [UInt8] = []
    var previousIsWord = false
    for byte in component {
      if isDigit(byte) || (byte >= 0x61 && byte <= 0x7a) {
        guard separator.isEmpty || (previousIsWord && isSeparator(separator)) else { return false }
        separator = []
        previousIsWord = true
      } else {
        separator.append(byte)
      }
    }
    return previousIsWord && separator.isEmpty
  }

  private static func isSeparator(_ bytes: [UInt8]) -> Bool {
    bytes == [UInt8(ascii: ".")] || bytes == [UInt8(ascii: "_")] || bytes == [UInt8(ascii: "_"), UInt8(ascii: "_")]
      || bytes.allSatisfy { $0 == UInt8(ascii: "-") }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
  private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a }
  private static func isWord(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) || byte == 0x5f }
  private static func isLowerHex(_ byte: UInt8) -> Bool { isDigit(byte) || (byte >= 0x61 && byte <= 0x66) }
  private static func isUpperHex(_ byte: UInt8) -> Bool { byte >= 0x41 && byte <= 0x46 }
}
