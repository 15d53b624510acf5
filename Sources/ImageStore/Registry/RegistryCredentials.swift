import Foundation
import Glibc

/// What a registry wants to know of who pulls.
package struct RegistryCredentials: Sendable, Hashable {
  package var username: String
  package var password: String
  /// An OAuth2 refresh token, used instead of the password where there is one.
  package var identityToken: String?

  package init(username: String, password: String, identityToken: String? = nil) {
    self.username = username
    self.password = password
    self.identityToken = identityToken
  }

  /// From base64 of `username:password`.
  init?(base64 text: String) {
    guard let data = Data(base64Encoded: text) else { return nil }
    let plain = String(decoding: data, as: UTF8.self)
    guard let colon = plain.firstIndex(of: ":") else { return nil }
    // Docker pads the password with zero bytes.
    let password = plain[plain.index(after: colon)...].trimming { $0 == "\0" }
    self.init(username: String(plain[..<colon]), password: password)
  }

  /// From `registries.yaml`; nil when it names nobody.
  init?(_ authentication: RegistriesConfiguration.Authentication?) {
    guard let authentication else { return nil }
    if let auth = authentication.auth, let decoded = RegistryCredentials(base64: auth) {
      self = decoded
    } else {
      self.init(username: authentication.username ?? "", password: authentication.password ?? "")
    }
    identityToken = authentication.identityToken
    if username.isEmpty && identityToken == nil { return nil }
  }

  /// Tells credentials apart without giving them away: a digest.
  package var fingerprint: String {
    let parts = [username, password, identityToken ?? ""].map { "\($0.utf8.count):\($0)" }
    return Digest(of: Array(parts.joined().utf8)).hex
  }

  /// The value of an `Authorization` header.
  var basic: String { "Basic " + Data("\(username):\(password)".utf8).base64EncodedString() }
}

extension RegistryCredentials: CustomStringConvertible {
  /// Never the password.
  package var description: String { "credentials of \(username)" }
}

/// The credentials of a pull secret: a `kubernetes.io/dockerconfigjson` or `kubernetes.io/dockercfg` value.
package struct DockerConfiguration: Sendable {
  private struct Entry: Decodable {
    var username: String?
    var password: String?
    var auth: String?
    var identitytoken: String?
  }

  private struct Document: Decodable {
    var auths: [String: Entry]?
  }

  private let entries: [(pattern: RegistryPattern, credentials: RegistryCredentials)]

  /// - Parameter isLegacy: the `dockercfg` form, which lacks the outer `auths`.
  /// - Throws: `ImageStoreError.malformed`.
  package init(json: [UInt8], isLegacy: Bool = false) throws {
    let all =
      isLegacy
      ? try decodeDocument([String: Entry].self, json, name: ".dockercfg")
      : try decodeDocument(Document.self, json, name: ".dockerconfigjson").auths ?? [:]
    entries = all.compactMap { key, entry in Self.credentials(entry).map { (RegistryPattern(key), $0) } }
      .sorted { $0.pattern.text > $1.pattern.text }
  }

  private static func credentials(_ entry: Entry) -> RegistryCredentials? {
    var result = entry.auth.flatMap { RegistryCredentials(base64: $0) }
    if let username = entry.username, !username.isEmpty {
      result = RegistryCredentials(username: username, password: entry.password ?? "")
    }
    if let token = entry.identitytoken, !token.isEmpty {
      result = result ?? RegistryCredentials(username: "", password: "")
      result?.identityToken = token
    }
    return result
  }

  /// The credentials that fit an image, the most specific first, as the kubelet tries them.
  package func credentials(for reference: ImageReference) -> [RegistryCredentials] {
    entries.filter { $0.pattern.matches(reference) }.map(\.credentials)
  }
}

/// A key of a pull secret: a host, with `*` inside its labels, perhaps a port and the start of a path.
struct RegistryPattern: Sendable {
  let text: String
  private let labels: [String]
  private let port: String?
  private let path: String

  init(_ key: String) {
    var rest = key[...]
    if let scheme = key.range(of: "://") { rest = key[scheme.upperBound...] }
    let host = rest.prefix { $0 != "/" }
    var path = rest.dropFirst(host.count).trimming { $0 == "/" }
    // `https://index.docker.io/v1/` is how docker login calls its default registry.
    for version in ["v1", "v2"] where path == version || path.hasPrefix("\(version)/") {
      path = path.dropFirst(version.count).trimming { $0 == "/" }
    }
    let parts = host.split(separator: ":", maxSplits: 1).map(String.init)
    let name = parts.first.map { $0 == "index.docker.io" ? ImageReference.defaultDomain : $0 } ?? ""
    labels = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    port = parts.count == 2 ? parts[1] : nil
    self.path = path
    text = "\(name)\(port.map { ":\($0)" } ?? "")/\(path)"
  }

  func matches(_ reference: ImageReference) -> Bool {
    let parts = reference.domain.split(separator: ":", maxSplits: 1).map(String.init)
    let host = parts[0].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard host.count == labels.count, port == (parts.count == 2 ? parts[1] : nil) else { return false }
    return zip(labels, host).allSatisfy { fnmatch($0, $1, 0) == 0 } && reference.path.hasPrefix(path)
  }
}
