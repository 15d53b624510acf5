import HTTPServing
import KubernetesAPI
import Logging

/// The node's own authenticated port (10250): what the API server, `kubectl get --raw …/proxy/…` and metrics scrapers ask
/// of a node.
package struct NodeServer: Sendable {
  private let server: HTTPServer

  /// `keyPair` is the certificate that the port shows; `verifier` knows who vouches for clients.
  package init(
    _ kubelet: Kubelet, port: Int, keyPair: @escaping @Sendable () throws -> KeyPair, verifier: ClientCertificateVerifier,
    gate: NodeGate, logger: Logger
  ) {
    let handler = NodeRequestHandler(
      node: kubelet.configuration.nodeName, gate: gate,
      endpoints: [
        NodeStatisticsEndpoint(statistics: kubelet), NodeFactsEndpoint(kubelet: kubelet),
        NodeStreamEndpoint(kubelet: kubelet),
      ], logger: logger)
    server = HTTPServer(
      HTTPServerConfiguration(port: port, portFlag: "--kubelet-port", ioThreads: 1, keyPair: keyPair),
      responder: handler, verifier: verifier, logger: logger)
  }

  /// Serves until the task is cancelled. Throws when the port is taken.
  package func run(onListening: @Sendable (_ port: Int) -> Void = { _ in }) async throws {
    try await server.run(onListening: onListening)
  }
}

/// One family of paths of the node's port.
protocol NodeEndpoint: Sendable {
  /// Nil when the path is none of this endpoint's. Throws `Status` for every failure.
  func respond(to request: APIRequest) async throws -> APIResponse?
}

/// What every request to the node's port passes: who is it, may he, then the endpoint. Failures are plain text there.
struct NodeRequestHandler: RequestResponder {
  let node: String
  let gate: NodeGate
  let endpoints: [any NodeEndpoint]
  let logger: Logger

  func respond(to request: APIRequest) async -> APIResponse {
    do {
      _ = try await gate.admit(request, node: node)
      for endpoint in endpoints {
        if let response = try await endpoint.respond(to: request) { return response }
      }
      return .text("404 page not found\n", code: 404)
    } catch let status as Status {
      return .text("\(status.message)\n", code: status.code)
    } catch let error as QueryError {
      return .text("\(error)\n", code: 400)
    } catch {
      logger.error("request to the node's port failed", metadata: ["path": "\(request.path)", "error": "\(error)"])
      return .text("\(error)\n", code: 500)
    }
  }
}
