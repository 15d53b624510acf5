import Foundation
import KubernetesAPI
import Logging
import NIOCore

/// Answers which node an address of the API (`pods/log`) leads to; nil when the node is unknown or out of reach.
package typealias NodeLookup = @Sendable (_ node: String) -> (any NodeConnection)?

/// The HTTPS server in front of the registry.
package final class APIServer: Sendable {
  private let configuration: APIServerConfiguration
  private let authority: CertificateAuthority
  private let handler: APIHandler
  private let limits: HTTPLimits
  private let logger: Logger

  /// How often the server's certificate is looked at.
  private static let renewalInterval = Duration.seconds(3600)

  init(
    configuration: APIServerConfiguration, authority: CertificateAuthority, handler: APIHandler,
    limits: HTTPLimits = HTTPLimits(), logger: Logger
  ) {
    self.configuration = configuration
    self.authority = authority
    self.handler = handler
    self.limits = limits
    self.logger = logger
  }

  /// Listens, then serves until the task is cancelled; running requests get a few seconds to end.
  /// `onListening` is called with the port once connections are accepted. Throws when the port is taken or the
  /// certificate cannot be made.
  package func run(onListening: @Sendable (_ port: Int) -> Void = { _ in }) async throws {
    let tls = try ServerTLS(keyPair())
    let listener = HTTPListener(
      responder: handler, tls: tls, verifier: ClientCertificateVerifier(authority: authority), limits: limits,
      threads: configuration.ioThreads, logger: logger)
    let channel: any Channel
    do {
      channel = try await listener.bind(host: configuration.bindAddress, port: configuration.port)
    } catch {
      await listener.shutDown(nil)
      throw ListenError(address: configuration.bindAddress, port: configuration.port, reason: "\(error)")
    }
    onListening(channel.localAddress?.port ?? configuration.port)
    await renewCertificate(tls)
    await listener.shutDown(channel)
  }

  /// Renews the certificate while serving; returns when the task is cancelled.
  private func renewCertificate(_ tls: ServerTLS) async {
    while (try? await Task.sleep(for: Self.renewalInterval)) != nil {
      do {
        try tls.renew(keyPair())
      } catch {
        logger.error("cannot renew the server's certificate", metadata: ["error": "\(error)"])
      }
    }
  }

  /// The machine's name as the kernel has it; resolvers are not asked.
  private static var hostName: String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "" }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  private func keyPair() throws -> KeyPair {
    try authority.keyPair(
      "apiserver",
      .apiServer(
        names: configuration.hostNames + [Self.hostName], addresses: configuration.addresses,
        serviceAddress: configuration.serviceAddress, clusterDomain: configuration.clusterDomain))
  }
}

/// The server cannot listen.
package struct ListenError: Error, CustomStringConvertible {
  package var address: String
  package var port: Int
  package var reason: String
  package var description: String {
    "cannot listen on \(address):\(port): \(reason); stop what uses the port, or choose another with --secure-port"
  }
}
