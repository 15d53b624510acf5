import ArgumentParser
import Foundation
import NIOSSL
import Yams

/// What a kubeconfig file says about its current context: where the server is and who asks.
struct KubeconfigAccess {
  var server: String
  var namespace: String
  var trust: [NIOSSLCertificate]
  var certificates: [NIOSSLCertificate]
  var key: NIOSSLPrivateKey?
  var token: String?

  /// Throws what is wrong with the file, in words.
  init(path: String) throws {
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw ValidationError("cannot read the kubeconfig \(path): \(error.localizedDescription); name another with --kubeconfig")
    }
    try self.init(text: text, path: path)
  }

  init(text: String, path: String) throws {
    guard let root = try Yams.compose(yaml: text) else { throw ValidationError("the kubeconfig \(path) is empty") }
    let context = try Self.entry("contexts", root["current-context"]?.string, "context", root, path)
    let cluster = try Self.entry("clusters", context["cluster"]?.string, "cluster", root, path)
    let user = try Self.entry("users", context["user"]?.string, "user", root, path)
    guard let server = cluster["server"]?.string else { throw ValidationError("\(path) names no server") }
    self.server = server.hasSuffix("/") ? String(server.dropLast()) : server
    namespace = context["namespace"]?.string ?? "default"
    trust = try Self.bytes("certificate-authority", cluster, path).map { try NIOSSLCertificate.fromPEMBytes($0) } ?? []
    certificates = try Self.bytes("client-certificate", user, path).map { try NIOSSLCertificate.fromPEMBytes($0) } ?? []
    key = try Self.bytes("client-key", user, path).map { try NIOSSLPrivateKey(bytes: $0, format: .pem) }
    token = user["token"]?.string
  }

  private static func entry(
    _ list: String, _ name: String?, _ member: String, _ root: Node, _ path: String
  ) throws -> Node {
    let entries = root[list]?.sequence ?? []
    guard let name, let found = entries.first(where: { $0["name"]?.string == name })?[member] else {
      throw ValidationError("\(path) has no \(member) \"\(name ?? "")\"")
    }
    return found
  }

  /// The content of `NAME-data`, or of the file that `NAME` leads to.
  private static func bytes(_ name: String, _ node: Node, _ path: String) throws -> [UInt8]? {
    if let text = node[name + "-data"]?.string {
      guard let data = Data(base64Encoded: text) else { throw ValidationError("\(path): \(name)-data is not base64") }
      return Array(data)
    }
    guard let file = node[name]?.string else { return nil }
    let absolute = URL(fileURLWithPath: file, relativeTo: URL(fileURLWithPath: path))
    return Array(try Data(contentsOf: absolute))
  }
}
