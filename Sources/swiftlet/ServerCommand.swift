import ArgumentParser
import Foundation
import Logging
import ServiceLifecycle

struct ServerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "server",
    abstract: "Run the control plane and, unless told otherwise, a node.",
    discussion: """
      Runs in the foreground until SIGTERM or SIGINT. Pods go on without it, and are found again at the next start; \
      'swiftlet down' stops them.
      """)

  @OptionGroup var options: ServerOptions

  func run() async throws {
    let level = Logger.Level(rawValue: options.logLevel)
    guard let level else {
      let known = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--log-level is one of \(known), not \(options.logLevel)")
    }
    LoggingSystem.bootstrap { label in
      var handler = StreamLogHandler.standardError(label: label)
      handler.logLevel = level
      return handler
    }
    let logger = Logger(label: "swiftlet")
    let layout = try ServerLayout(options)
    try ServerLock.acquire(stateDirectory: layout.stateDirectory)
    let services = try await ServerComposition(layout, logger: logger).services()
    let group = ServiceGroup(
      configuration: .init(
        services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    try await group.run()
  }
}

/// One long-running part of the server.
struct Part: Service, CustomStringConvertible {
  let description: String
  let body: @Sendable () async throws -> Void

  init(_ description: String, _ body: @escaping @Sendable () async throws -> Void) {
    self.description = description
    self.body = body
  }

  /// Runs until the server is asked to stop; then the body is cancelled and cleans up.
  func run() async throws {
    try await cancelWhenGracefulShutdown {
      do { try await body() } catch is CancellationError { return }
    }
  }
}
