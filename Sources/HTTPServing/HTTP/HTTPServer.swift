import Foundation
import Logging
import NIOCore

/// Where an HTTPS server listens and as whom.
package struct HTTPServerConfiguration: Sendable {
  package var bindAddress = "0.0.0.0"
  /// 0 takes any free port.
  package var port: Int
  /// The flag that chooses the port; the error of a taken port names it.
  package var portFlag: String
  /// Threads that read and write sockets.
  package var ioThreads: Int
  package var limits = HTTPLimits()
  /// The server's certificate; asked for again while serving, so that it can be renewed.
  package var keyPair: @Sendable () throws -> KeyPair

  package init(port: Int, portFlag: String, ioThreads: Int, keyPair: @escaping @Sendable () throws -> KeyPair) {
    self.port = port
    self.portFlag = portFlag
    self.ioThreads = ioThreads
    self.keyPair = keyPair
  }
}

/// An HTTPS port: HTTP/1.1 and HTTP/2 with optional client certificates, in front of a responder.
package struct HTTPServer: Sendable {
  private let configuration: HTTPServerConfiguration
  private let responder: any RequestResponder
  private let verifier: ClientCertificateVerifier
  private let logger: Logger

  /// How often the server's certificate is looked at.
  private static let renewalInterval = Duration.seconds(3600)

  package init(
    _ configuration: HTTPServerConfiguration, responder: any RequestResponder, verifier: ClientCertificateVerifier,
    logger: Logger
  ) {
    self.configuration = configuration
    self.responder = responder
    self.verifier = verifier
    self.logger = logger
  }

  /// Listens, then serves until the task is cancelled; running requests get a few seconds to end.
  /// `onListening` is called with the port once connections are accepted. Throws when the port is taken or the
  /// certificate cannot be made.
  package func run(onListening: @Sendable (_ port: Int) -> Void = { _ in }) async throws {
    let tls = try ServerTLS(configuration.keyPair())
    let listener = HTTPListener(
      responder: responder, tls: tls, verifier: verifier, limits: configuration.limits,
      threads: configuration.ioThreads, logger: logger)
    let channel: any Channel
    do {
      channel = try await listener.bind(host: configuration.bindAddress, port: configuration.port)
    } catch {
      await listener.shutDown(nil)
      throw ListenError(
        address: configuration.bindAddress, port: configuration.port, reason: "\(error)", flag: configuration.portFlag)
    }
    onListening(channel.localAddress?.port ?? configuration.port)
    await renewCertificate(tls)
    await listener.shutDown(channel)
  }

  /// Renews the certificate while serving; returns when the task is cancelled.
  private func renewCertificate(_ tls: ServerTLS) async {
    while (try? await Task.sleep(for: Self.renewalInterval)) != nil {
      do {
        try tls.renew(configuration.keyPair())
      } catch {
        logger.error("cannot renew the server's certificate", metadata: ["error": "\(error)"])
      }
    }
  }

  /// The machine's name as the kernel has it; resolvers are not asked.
  package static var hostName: String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "" }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

/// The server cannot listen.
package struct ListenError: Error, CustomStringConvertible {
  package var address: String
  package var port: Int
  package var reason: String
  /// The flag that chooses another port.
  package var flag: String
  package var description: String {
    "cannot listen on \(address):\(port): \(reason); stop what uses the port, or choose another with \(flag)"
  }
}
