import KubernetesAPI

extension Kubelet: NodeStatistics {
  package func summary() async throws -> JSON { try await statistics.summary(podStates) }

  package func resourceMetrics() async throws -> String {
    ResourceMetrics.text(try await statistics.read(podStates, withDisk: false))
  }

  package func cadvisorMetrics() async throws -> String {
    CadvisorMetrics.text(try await statistics.read(podStates, withDisk: true))
  }

  package func probeMetrics() async throws -> String { AgentMetrics.probes(services.counters.current, podStates) }

  package func kubeletMetrics() async throws -> String {
    AgentMetrics.agent(
      services.counters.current, podStates, nodeName: configuration.nodeName, process: try await statistics.process())
  }
}
