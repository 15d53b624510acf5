import HTTPServing
import Synchronization

/// What the server counts about its requests, under upstream's names.
package final class RequestMetrics: MetricsSource {
  /// The labels of one series. Only resources that the server serves are named, so clients cannot grow the table.
  struct Labels: Hashable, Sendable {
    var verb: String
    var group = ""
    var version = ""
    var resource = ""
    var subresource = ""
    var scope = ""

    init(_ info: RequestInfo, isKnown: Bool) {
      verb = Self.words[info.verb] ?? "OTHER"
      guard info.isResourceRequest, isKnown else { return }
      group = info.group
      version = info.version
      resource = info.resource
      subresource = info.subresource
      scope = !info.name.isEmpty ? "resource" : info.namespace.isEmpty ? "cluster" : "namespace"
    }

    private static let words = [
      "get": "GET", "list": "LIST", "watch": "WATCH", "create": "POST", "update": "PUT", "patch": "PATCH",
      "delete": "DELETE", "deletecollection": "DELETECOLLECTION", "head": "HEAD", "post": "POST", "put": "PUT",
    ]
  }

  private struct Tables {
    var requests: [Labels: [Int: Int]] = [:]
    var durations: [Labels: Histogram] = [:]
    var longRunning: [Labels: Int] = [:]
  }

  private static let bounds = [
    0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
  ]

  private let tables = Mutex(Tables())
  private let limiter: InFlightLimiter

  init(limiter: InFlightLimiter) { self.limiter = limiter }

  func record(_ labels: Labels, code: Int, seconds: Double) {
    tables.withLock { tables in
      tables.requests[labels, default: [:]][code, default: 0] += 1
      tables.durations[labels, default: Histogram(bounds: Self.bounds)].observe(seconds)
    }
  }

  /// Counts a watch or log stream while it runs.
  func recordLongRunning(_ labels: Labels, code: Int) {
    tables.withLock { $0.requests[labels, default: [:]][code, default: 0] += 1 }
  }

  func changeLongRunning(_ labels: Labels, by change: Int) {
    tables.withLock { $0.longRunning[labels, default: 0] += change }
  }

  package func writeMetrics(to text: inout PrometheusText) {
    let tables = tables.withLock { $0 }
    text.family("apiserver_request_total", .counter, "Requests by verb, resource and HTTP response code.")
    for (labels, codes) in tables.requests {
      for (code, count) in codes {
        let pairs = [("code", String(code)), ("component", "apiserver"), ("dry_run", "")] + Self.pairs(labels)
        text.sample("apiserver_request_total", labels: pairs, count)
      }
    }
    text.family("apiserver_request_duration_seconds", .histogram, "Response latency in seconds by verb and resource.")
    for (labels, histogram) in tables.durations {
      text.histogram(
        "apiserver_request_duration_seconds", [("component", "apiserver"), ("dry_run", "")] + Self.pairs(labels),
        histogram)
    }
    text.family("apiserver_longrunning_requests", .gauge, "Watches and log streams that are running.")
    for (labels, count) in tables.longRunning {
      text.sample("apiserver_longrunning_requests", labels: [("component", "apiserver")] + Self.pairs(labels), count)
    }
    let (readOnly, mutating) = limiter.inFlight
    text.family("apiserver_current_inflight_requests", .gauge, "Requests that are being served, by kind.")
    text.sample("apiserver_current_inflight_requests", labels: [("request_kind", "mutating")], mutating)
    text.sample("apiserver_current_inflight_requests", labels: [("request_kind", "readOnly")], readOnly)
  }

  private static func pairs(_ labels: Labels) -> [(String, String)] {
    [
      ("group", labels.group), ("resource", labels.resource), ("scope", labels.scope),
      ("subresource", labels.subresource), ("verb", labels.verb), ("version", labels.version),
    ]
  }
}
