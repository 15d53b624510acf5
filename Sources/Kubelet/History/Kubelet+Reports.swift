import KubernetesAPI
import KubernetesClient

extension Kubelet {
  package func podReport(_ request: PodReportRequest) async throws -> PodReport? {
    guard let (identity, state) = try await find(request) else { return nil }
    switch request.topic {
    case .why: return try await why(request, identity, state)
    case .timeline: return state.map { timeline($0.pod, request.milestones) }
    }
  }

  private func timeline(_ pod: Pod, _ milestones: PodReportRequest.Milestones?) -> PodReport {
    let report = TimelineReport(
      pod, nodeName: configuration.nodeName, services.timeline.marks(podUID: pod.uid), milestones)
    return PodReport(text: TimelineText(report).text, json: report.json)
  }

  private func why(_ request: PodReportRequest, _ identity: PodIdentity, _ state: PodState?) async throws -> PodReport {
    if let name = request.container, let state, state.spec(name) == nil {
      throw Status.badRequest("container \(name) is not valid for pod \(request.pod.name)")
    }
    let (chronicle, damage) = try await services.history.recall(uid: identity.uid)
    let report = WhyReport(
      identity, nodeName: configuration.nodeName, state: state, chronicle, damage: damage,
      container: request.container, now: .now())
    return PodReport(text: WhyText(report).text, json: report.json)
  }

  /// The living pod, or the newest of that name that has left; nil when this node never had it.
  private func find(_ request: PodReportRequest) async throws -> (PodIdentity, PodState?)? {
    let living = workers.withLock { workers in
      request.uid.map { workers[$0] } ?? workers.values.first { $0.state.pod.key == request.pod }
    }
    if let state = living?.state, !state.isFinished { return (PodIdentity(state.pod), state) }
    if let uid = request.uid {
      return (PodIdentity(namespace: request.pod.namespace, name: request.pod.name, uid: uid), nil)
    }
    return try await services.history.gone(namespace: request.pod.namespace, name: request.pod.name).map { ($0, nil) }
  }
}
