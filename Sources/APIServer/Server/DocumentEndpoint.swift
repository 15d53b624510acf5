import HTTPServing
import KubernetesAPI

/// Discovery and OpenAPI: the documents from which clients learn what the server serves.
struct DocumentEndpoint: RequestEndpoint {
  private let discovery: DiscoveryDocuments
  private let openAPI: OpenAPIDocuments
  private let cache = DocumentCache()

  init(kinds: [Kind]) {
    discovery = DiscoveryDocuments(kinds: kinds)
    openAPI = OpenAPIDocuments(kinds: kinds)
  }

  /// What the index of the server lists of it.
  var paths: [String] {
    let groups = discovery.groups.flatMap { group in
      ["/apis/\(group)"] + discovery.versions(group).map { "/apis/\(group)/\($0)" }
    }
    let documents = ["/openapi/v3"] + openAPI.groupVersions.map { "/openapi/v3/\($0)" }
    return ["/api", "/apis"] + documents + discovery.versions("").map { "/api/\($0)" } + groups
  }

  func respond(to request: APIRequest, user: UserInfo) async throws -> APIResponse? {
    guard !request.info.isResourceRequest else { return nil }
    let segments = request.path.split(separator: "/").map(String.init)
    guard let first = segments.first, ["api", "apis", "openapi"].contains(first) else { return nil }
    guard request.method == "GET" || request.method == "HEAD" else { throw Status.methodNotAllowed(request) }
    if first == "openapi" { return openAPIDocument(segments)?.response(to: request) }
    return try discover(segments, request)?.response(to: request)
  }

  private func discover(_ segments: [String], _ request: APIRequest) throws -> Document? {
    let accept = MediaRange.parse(request.headers["accept"].joined(separator: ","))
    if segments.count == 1, let version = Self.aggregatedVersion(accept) {
      let isCore = segments[0] == "api"
      return cache.document("\(segments[0]) \(version)") {
        Document(
          discovery.aggregated(core: isCore, version: version).bytes,
          contentType: "application/json;g=apidiscovery.k8s.io;v=\(version);as=APIGroupDiscoveryList")
      }
    }
    _ = try ResponseFormat(accept: request.headers["accept"], allowsViews: false)
    guard let document = document(segments) else { return nil }
    return cache.document(segments.joined(separator: "/")) { Document(document.bytes) }
  }

  /// `/openapi/v3` and the documents that it lists. Version 2 is not served: clients of the last years ask for 3 first.
  private func openAPIDocument(_ segments: [String]) -> Document? {
    guard segments.count > 1, segments[1] == "v3" else { return nil }
    guard segments.count > 2 else {
      return cache.document("openapi/v3") {
        Document(openAPI.index { openAPIDocument(groupVersion: $0)?.hash ?? "" }.bytes)
      }
    }
    return openAPIDocument(groupVersion: segments.dropFirst(2).joined(separator: "/"))
  }

  private func openAPIDocument(groupVersion: String) -> Document? {
    guard openAPI.groupVersions.contains(groupVersion) else { return nil }
    return cache.document("openapi/v3/\(groupVersion)") { Document(openAPI.document(groupVersion)?.bytes ?? []) }
  }

  private func document(_ segments: [String]) -> JSON? {
    switch (segments[0], segments.count) {
    case ("api", 1): discovery.coreVersions
    case ("api", 2): discovery.resourceList(group: "", version: segments[1])
    case ("apis", 1): discovery.groupList
    case ("apis", 2): discovery.group(segments[1])
    case ("apis", 3): discovery.resourceList(group: segments[1], version: segments[2])
    default: nil
    }
  }

  /// The version of aggregated discovery that the client prefers; nil when it wants the plain documents.
  private static func aggregatedVersion(_ accept: [MediaRange]) -> String? {
    for range in accept where range.coversJSON {
      guard let view = range.parameters["as"] else { return nil }
      let version = range.parameters["v"] ?? ""
      if view == "APIGroupDiscoveryList", range.parameters["g"] == "apidiscovery.k8s.io",
        ["v2", "v2beta1"].contains(version)
      {
        return version
      }
    }
    return nil
  }
}
