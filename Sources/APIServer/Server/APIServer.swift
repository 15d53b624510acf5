import HTTPServing
import KubernetesAPI
import Logging

/// Answers which node an address of the API (`pods/log`) leads to; nil when the node is unknown or out of reach.
package typealias NodeLookup = @Sendable (_ node: String) -> (any NodeConnection)?

/// The HTTPS server in front of the registry.
package final class APIServer: Sendable {
  private let server: HTTPServer

  init(
    configuration: APIServerConfiguration, authority: CertificateAuthority, handler: APIHandler,
    limits: HTTPLimits = HTTPLimits(), logger: Logger
  ) {
    var serving = HTTPServerConfiguration(
      port: configuration.port, portFlag: "--secure-port", ioThreads: configuration.ioThreads
    ) { try Self.keyPair(configuration, authority) }
    serving.bindAddress = configuration.bindAddress
    serving.limits = limits
    server = HTTPServer(
      serving, responder: handler, verifier: ClientCertificateVerifier(authorities: [authority.certificate]),
      logger: logger)
  }

  /// Serves until the task is cancelled. Throws when the port is taken or the certificate cannot be made.
  package func run(onListening: @Sendable (_ port: Int) -> Void = { _ in }) async throws {
    try await server.run(onListening: onListening)
  }

  private static func keyPair(
    _ configuration: APIServerConfiguration, _ authority: CertificateAuthority
  ) throws -> KeyPair {
    try authority.keyPair(
      "apiserver",
      .apiServer(
        names: configuration.hostNames + [HTTPServer.hostName], addresses: configuration.addresses,
        serviceAddress: configuration.serviceAddress, clusterDomain: configuration.clusterDomain))
  }
}
