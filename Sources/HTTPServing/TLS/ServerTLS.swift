import NIOSSL
import Synchronization

/// The TLS side of the listener. New connections take the newest certificate, so it can be renewed while running.
final class ServerTLS: Sendable {
  private let context: Mutex<NIOSSLContext>

  init(_ pair: KeyPair) throws { context = Mutex(try Self.makeContext(pair)) }

  func renew(_ pair: KeyPair) throws {
    let renewed = try Self.makeContext(pair)
    context.withLock { $0 = renewed }
  }

  /// A handler that asks the client for a certificate and takes any or none: `ClientCertificateVerifier` judges it.
  func makeHandler() -> NIOSSLServerHandler {
    NIOSSLServerHandler(context: context.withLock { $0 }) { _, promise in promise.succeed(.certificateVerified) }
  }

  private static func makeContext(_ pair: KeyPair) throws -> NIOSSLContext {
    let chain = try NIOSSLCertificate.fromPEMBytes(Array(pair.certificatePEM.utf8))
    let key = try NIOSSLPrivateKey(bytes: Array(pair.keyPEM.utf8), format: .pem)
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    configuration.minimumTLSVersion = .tlsv12
    configuration.applicationProtocols = ["h2", "http/1.1"]
    configuration.certificateVerification = .optionalVerification
    // `makeHandler` judges nobody by these; the machine's own roots would be read and kept for nothing (over a megabyte).
    configuration.trustRoots = .certificates([])
    return try NIOSSLContext(configuration: configuration)
  }
}
