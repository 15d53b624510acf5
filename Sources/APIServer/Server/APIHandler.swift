import HTTPServing
import KubernetesAPI
import Logging

/// One family of paths behind authentication and authorization.
protocol RequestEndpoint: Sendable {
  /// Nil when the path is none of this endpoint's. Throws `Status` for every failure.
  func respond(to request: APIRequest, user: UserInfo) async throws -> APIResponse?
}

/// What every request passes: who is it, is there room, may he, then the endpoint; counted and timed on the way.
struct APIHandler: RequestResponder {
  let authenticator: any Authenticator
  let authorizer: any Authorizer
  let limiter: InFlightLimiter
  let metrics: RequestMetrics
  let endpoints: [any RequestEndpoint]
  /// Whether a resource is one that the server serves; others share one metrics series.
  let isServed: @Sendable (RequestInfo) -> Bool
  let logger: Logger

  func respond(to request: APIRequest) async -> APIResponse {
    let started = ContinuousClock.now
    let labels = RequestMetrics.Labels(request.info, isKnown: isServed(request.info))
    var response: APIResponse
    do {
      response = try await answer(request)
    } catch {
      response = .status(status(of: error, request))
    }
    response.headers.replaceOrAdd(name: "cache-control", value: "no-cache, private")
    switch response.body {
    case .bytes: metrics.record(labels, code: response.code, seconds: (ContinuousClock.now - started).seconds)
    case .stream(let produce):
      metrics.recordLongRunning(labels, code: response.code)
      response.body = .stream { [metrics] writer in
        metrics.changeLongRunning(labels, by: 1)
        defer { metrics.changeLongRunning(labels, by: -1) }
        try await produce(writer)
      }
    case .upgrade(let run):
      metrics.recordLongRunning(labels, code: response.code)
      response.body = .upgrade { [metrics] connection in
        metrics.changeLongRunning(labels, by: 1)
        defer { metrics.changeLongRunning(labels, by: -1) }
        await run(connection)
      }
    }
    return response
  }

  private func answer(_ request: APIRequest) async throws -> APIResponse {
    let user = try authenticator.authenticate(request) ?? .anonymous
    if request.isLongRunning { return try await authorized(request, user) }
    let isReadOnly = request.info.isReadOnly
    guard limiter.enter(isReadOnly: isReadOnly) else {
      throw Status.tooManyRequests("Too many requests, please try again later.", retryAfterSeconds: 1)
    }
    defer { limiter.leave(isReadOnly: isReadOnly) }
    return try await authorized(request, user)
  }

  private func authorized(_ request: APIRequest, _ user: UserInfo) async throws -> APIResponse {
    let attributes = request.info.attributes(user: user)
    switch authorizer.authorize(attributes) {
    case .allow: break
    case .deny(let reason), .noOpinion(let reason): throw Status.forbidden(attributes, reason: reason)
    }
    for endpoint in endpoints {
      if let response = try await endpoint.respond(to: request, user: user) { return response }
    }
    throw Status.unknownPath
  }

  private func status(of error: any Error, _ request: APIRequest) -> Status {
    switch error {
    case let status as Status: return status
    case let error as QueryError: return .badRequest("\(error)")
    case is CancellationError:
      return Status(
        code: 504, reason: .timeout, message: "Timeout: request did not complete within the allotted timeout")
    default:
      logger.error("request failed", metadata: ["path": "\(request.path)", "error": "\(error)"])
      return .internalError("\(error)")
    }
  }
}

extension Status {
  /// 404 for a path that nothing serves.
  package static let unknownPath = Status(
    code: 404, reason: .notFound, message: "the server could not find the requested resource", details: Details())
}

extension Duration {
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
