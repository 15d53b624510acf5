/// What the controllers of service accounts have to give away: who the server is, and tokens that it believes.
package struct ServiceAccountIdentity: Sendable {
  /// PEM of the authority behind the API server's certificate.
  package var rootCA: String
  /// The token for the Secret `secret` of an account.
  package var secretToken:
    @Sendable (_ namespace: String, _ account: String, _ accountUID: String, _ secret: String) throws -> String
  /// Each account gets a Secret with a token, as before Kubernetes 1.24.
  package var makesTokenSecrets: Bool

  package init(
    rootCA: String, makesTokenSecrets: Bool = false,
    secretToken:
      @escaping @Sendable (_ namespace: String, _ account: String, _ accountUID: String, _ secret: String) throws -> String
  ) {
    self.rootCA = rootCA
    self.makesTokenSecrets = makesTokenSecrets
    self.secretToken = secretToken
  }
}
