import HTTPServing
import KubernetesAPI

/// `/metrics…` and `/stats/summary`.
struct NodeStatisticsEndpoint: NodeEndpoint {
  let statistics: any NodeStatistics

  func respond(to request: APIRequest) async throws -> APIResponse? {
    guard request.method == "GET" else { return nil }
    switch request.path {
    case "/metrics": return Self.text(try await statistics.kubeletMetrics())
    case "/metrics/resource": return Self.text(try await statistics.resourceMetrics())
    case "/metrics/cadvisor": return Self.text(try await statistics.cadvisorMetrics())
    case "/metrics/probes": return Self.text(try await statistics.probeMetrics())
    case "/stats/summary", "/stats/summary/": return .json(try await statistics.summary().prettyBytes)
    default: return nil
    }
  }

  private static func text(_ metrics: String) -> APIResponse {
    APIResponse(contentType: PrometheusText.contentType, Array(metrics.utf8))
  }
}
