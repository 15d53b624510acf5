import Foundation
import LinuxSystem
import Yams

/// `registries.yaml` in k3s's format: mirrors with endpoints and rewrites, credentials and TLS by host.
package struct RegistriesConfiguration: Sendable, Equatable {
  package struct Mirror: Codable, Sendable, Equatable {
    package var endpoint: [String]?
    /// Regular expression of a repository's path to its replacement, in which `$1` stands for the first group.
    package var rewrite: [String: String]?
  }

  package struct Authentication: Codable, Sendable, Equatable {
    package var username: String?
    package var password: String?
    /// Base64 of `username:password`.
    package var auth: String?
    package var identityToken: String?

    enum CodingKeys: String, CodingKey {
      case username, password, auth
      case identityToken = "identity_token"
    }
  }

  package struct TLS: Codable, Sendable, Equatable {
    package var caFile: String?
    package var certFile: String?
    package var keyFile: String?
    package var insecureSkipVerify: Bool?

    enum CodingKeys: String, CodingKey {
      case caFile = "ca_file"
      case certFile = "cert_file"
      case keyFile = "key_file"
      case insecureSkipVerify = "insecure_skip_verify"
    }
  }

  package struct Host: Codable, Sendable, Equatable {
    package var auth: Authentication?
    package var tls: TLS?
  }

  private struct Document: Codable {
    var mirrors: [String: Mirror?]?
    var configs: [String: Host?]?
  }

  package var mirrors: [String: Mirror] = [:]
  /// By host with port, as in an endpoint.
  package var configs: [String: Host] = [:]

  package init() {}

  /// - Throws: `ImageStoreError.malformed` naming the file; also for an endpoint or a rewrite that cannot work.
  package init(yaml: String, file: String = "registries.yaml") throws {
    if Self.saysNothing(yaml) { return }
    do {
      let document = try YAMLDecoder().decode(Document?.self, from: yaml)
      mirrors = (document?.mirrors ?? [:]).mapValues { $0 ?? Mirror() }
      configs = (document?.configs ?? [:]).compactMapValues { $0 }
    } catch {
      throw ImageStoreError.malformed(document: file, reason: "\(error)")
    }
    try check(file)
  }

  /// The decoder takes no empty document for a missing one.
  private static func saysNothing(_ yaml: String) -> Bool {
    yaml.split(separator: "\n").allSatisfy { line in
      let text = line.trimming(while: \.isWhitespace)
      return text.isEmpty || text.hasPrefix("#") || text == "---"
    }
  }

  /// Reads the file; without one there are no mirrors.
  package init(path: String) throws {
    let text = FileTree.exists(path) ? String(decoding: try FileSystem.read(path), as: UTF8.self) : ""
    try self.init(yaml: text, file: path)
  }

  private func check(_ file: String) throws {
    for (host, mirror) in mirrors {
      for endpoint in mirror.endpoint ?? [] where RegistryEndpoint(endpoint, isMirror: true) == nil {
        throw ImageStoreError.malformed(document: file, reason: "endpoint \(quoted(endpoint)) of \(host) is no URL")
      }
      for pattern in (mirror.rewrite ?? [:]).keys where (try? Regex(pattern)) == nil {
        throw ImageStoreError.malformed(
          document: file, reason: "rewrite \(quoted(pattern)) of \(host) is no regular expression")
      }
    }
  }

  /// Where to look for a repository, in order: the mirror's endpoints, then the registry itself.
  func endpoints(for reference: ImageReference) -> [RegistryEndpoint] {
    let mirror = mirrors[reference.domain] ?? mirrors["*"]
    let path = rewritten(reference.path, by: mirror?.rewrite ?? [:])
    var result = (mirror?.endpoint ?? []).compactMap { RegistryEndpoint($0, isMirror: true) }
    for index in result.indices { result[index].repository = path }
    var own = RegistryEndpoint(registry: reference.domain, hasTLS: configs[reference.domain]?.tls != nil)
    own.repository = reference.path
    if !result.contains(where: { $0.host == own.host && $0.repository == own.repository }) { result.append(own) }
    return result
  }

  /// The first expression that matches counts; they are tried in alphabetical order, since YAML's maps have none.
  private func rewritten(_ path: String, by rewrites: [String: String]) -> String {
    for (pattern, replacement) in rewrites.sorted(by: { $0.key < $1.key }) {
      guard let regex = try? Regex(pattern), let match = path.firstMatch(of: regex) else { continue }
      var text = replacement
      for (index, group) in match.output.enumerated().reversed() {
        let value = group.substring.map(String.init) ?? ""
        text = text.replacing("${\(index)}", with: value).replacing("$\(index)", with: value)
      }
      return path.replacingCharacters(in: match.range, with: text)
    }
    return path
  }

  /// Settings of an endpoint; those of `docker.io` count for the host that serves it.
  func host(_ endpoint: RegistryEndpoint) -> Host? {
    configs[endpoint.host] ?? configs[endpoint.url]
      ?? (endpoint.host == RegistryEndpoint.dockerHubHost ? configs[ImageReference.defaultDomain] : nil)
  }
}

/// One server to ask for a repository.
struct RegistryEndpoint: Sendable, Hashable {
  static let dockerHubHost = "registry-1.docker.io"

  var scheme: String
  /// With the port, if it was given.
  var host: String
  /// `/v2`, or the path that a mirror's URL has.
  var prefix: String
  var isMirror: Bool
  /// The repository's path there.
  var repository = ""

  var url: String { "\(scheme)://\(host)" }

  /// A mirror's endpoint as it is configured: a URL, or a host.
  init?(_ text: String, isMirror: Bool) {
    var rest = text[...]
    var scheme: String?
    if let separator = text.range(of: "://") {
      scheme = String(text[..<separator.lowerBound])
      rest = text[separator.upperBound...]
    }
    let host = String(rest.prefix { $0 != "/" })
    var path = String(rest.dropFirst(host.count))
    while path.hasSuffix("/") { path.removeLast() }
    guard !host.isEmpty, !host.contains(" "), scheme == nil || scheme == "http" || scheme == "https" else { return nil }
    self.scheme = scheme ?? Self.defaultScheme(host)
    self.host = host
    self.prefix = path.isEmpty ? "/v2" : path
    self.isMirror = isMirror
  }

  /// The registry that a reference names. Loopback speaks plain HTTP unless TLS is configured, as with containerd.
  init(registry: String, hasTLS: Bool) {
    scheme = hasTLS ? "https" : Self.defaultScheme(registry)
    host = registry == ImageReference.defaultDomain ? Self.dockerHubHost : registry
    prefix = "/v2"
    isMirror = false
  }

  private static func defaultScheme(_ host: String) -> String {
    let name = host.hasPrefix("[") ? String(host.prefix { $0 != "]" }.dropFirst()) : String(host.prefix { $0 != ":" })
    let isLoopback = name == "localhost" || name == "::1" || name.hasPrefix("127.")
    return isLoopback && !host.hasSuffix(":443") ? "http" : "https"
  }
}
