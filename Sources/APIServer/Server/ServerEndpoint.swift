import HTTPServing
import KubernetesAPI

/// The paths about the server itself: index, health, version, metrics.
struct ServerEndpoint: RequestEndpoint {
  let health: [HealthEndpoint]
  let metrics: [any MetricsSource]
  /// What `/` lists.
  let paths: [String]

  func respond(to request: APIRequest, user: UserInfo) async throws -> APIResponse? {
    guard !request.info.isResourceRequest else { return nil }
    let (first, rest) = Self.split(request.path)
    if let endpoint = health.first(where: { $0.name == first }) {
      try requireGet(request)
      return endpoint.response(check: rest, query: request.query)
    }
    switch (first, rest) {
    case ("", ""): return try json(request, ["paths": .array(paths.map { .string($0) })])
    case ("version", ""): return try json(request, ServerVersion.json)
    case ("metrics", ""):
      try requireGet(request)
      return scrape()
    default: return nil
    }
  }

  private func scrape() -> APIResponse {
    var text = PrometheusText()
    for source in metrics { source.writeMetrics(to: &text) }
    return APIResponse(contentType: PrometheusText.contentType, Array(text.text.utf8))
  }

  private func json(_ request: APIRequest, _ value: JSON) throws -> APIResponse {
    try requireGet(request)
    return .json(value.prettyBytes)
  }

  private func requireGet(_ request: APIRequest) throws(Status) {
    guard request.method == "GET" || request.method == "HEAD" else { throw .methodNotAllowed(request) }
  }

  /// The first segment of a path and the rest without slashes at its ends.
  static func split(_ path: String) -> (first: String, rest: String) {
    let segments = path.split(separator: "/", maxSplits: 1)
    let rest = segments.count > 1 ? segments[1] : ""
    return (String(segments.first ?? ""), String(rest.hasSuffix("/") ? rest.dropLast() : rest))
  }
}

extension Status {
  static func methodNotAllowed(_ request: APIRequest) -> Status {
    Status(
      code: 405, reason: .methodNotAllowed, message: "the server does not allow this method on the requested resource",
      details: Details(group: request.info.group, kind: request.info.resource))
  }
}
