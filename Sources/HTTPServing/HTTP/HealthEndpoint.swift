/// One thing that must hold for the server to be healthy.
package struct HealthCheck: Sendable {
  package var name: String
  /// Nil when all is well, otherwise what is wrong (for the server's own log; clients are not told).
  package var failure: @Sendable () -> String?

  package init(_ name: String, failure: @escaping @Sendable () -> String?) {
    self.name = name
    self.failure = failure
  }
}

/// `/healthz`, `/livez`, `/readyz`: answers in upstream's text format.
package struct HealthEndpoint: Sendable {
  /// `healthz`, `livez` or `readyz`.
  package var name: String
  package var checks: [HealthCheck]

  package init(name: String, checks: [HealthCheck]) {
    self.name = name
    self.checks = checks
  }

  /// `check` is the rest of the path (`/readyz/ping`), empty for all of them. Code 500 says unhealthy.
  package func response(check: String, query: QueryParameters) -> APIResponse {
    guard check.isEmpty else {
      guard let found = checks.first(where: { $0.name == check }) else {
        return .text("404 page not found\n", code: 404)
      }
      return found.failure() == nil ? .text("ok") : .text("internal server error: reason withheld\n", code: 500)
    }
    var lines: [String] = []
    let excluded = Set(query.all("exclude"))
    var isHealthy = true
    for check in checks {
      if excluded.contains(check.name) {
        lines.append("[+]\(check.name) excluded: ok")
      } else if check.failure() == nil {
        lines.append("[+]\(check.name) ok")
      } else {
        isHealthy = false
        lines.append("[-]\(check.name) failed: reason withheld")
      }
    }
    let unknown = excluded.subtracting(checks.map(\.name)).sorted()
    if !unknown.isEmpty {
      let names = unknown.map { "\"\($0)\"" }.joined(separator: ",")
      lines.append("warn: some health checks cannot be excluded: no matches for \(names)")
    }
    let listing = lines.joined(separator: "\n")
    guard isHealthy else { return .text("\(listing)\n\(name) check failed\n", code: 500) }
    return .text(query["verbose"] == nil ? "ok" : "\(listing)\n\(name) check passed\n")
  }
}
