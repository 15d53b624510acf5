import KubernetesAPI

/// What the node says in figures on its port. Each call reads the kernel anew; nothing is sampled while nobody asks.
package protocol NodeStatistics: Sendable {
  /// `/stats/summary`
  func summary() async throws -> JSON
  /// `/metrics/resource`
  func resourceMetrics() async throws -> String
  /// `/metrics/cadvisor`
  func cadvisorMetrics() async throws -> String
  /// `/metrics/probes`
  func probeMetrics() async throws -> String
  /// `/metrics`
  func kubeletMetrics() async throws -> String
}
