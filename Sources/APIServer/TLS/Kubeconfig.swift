import Foundation
import HTTPServing

/// A kubeconfig with one cluster, one user and one context, its certificates inline.
package struct Kubeconfig: Sendable {
  package var server: String
  package var clusterName = "swiftlet"
  package var userName = "kubernetes-admin"
  package var certificateAuthorityPEM: String
  package var client: KeyPair

  /// `server` is a URL, for example `https://127.0.0.1:6443`.
  package init(server: String, certificateAuthorityPEM: String, client: KeyPair) {
    self.server = server
    self.certificateAuthorityPEM = certificateAuthorityPEM
    self.client = client
  }

  package var yaml: String {
    let context = "\(userName)@\(clusterName)"
    return """
      apiVersion: v1
      kind: Config
      clusters:
      - name: \(clusterName)
        cluster:
          certificate-authority-data: \(Self.base64(certificateAuthorityPEM))
          server: \(server)
      contexts:
      - name: \(context)
        context:
          cluster: \(clusterName)
          user: \(userName)
      current-context: \(context)
      preferences: {}
      users:
      - name: \(userName)
        user:
          client-certificate-data: \(Self.base64(client.certificatePEM))
          client-key-data: \(Self.base64(client.keyPEM))

      """
  }

  /// Writes the file atomically with mode 0600; leaves it alone when it already says the same.
  package func write(to path: String) throws {
    if try PrivateFile.read(path) == yaml { return }
    try PrivateFile.write(yaml, to: path)
  }

  private static func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
}
