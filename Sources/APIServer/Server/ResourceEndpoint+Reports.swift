import HTTPServing
import KubernetesAPI

/// `pods/why` and `pods/timeline`: what the pod's node remembers, as plain text, or as JSON for who asks for that alone.
extension ResourceEndpoint {
  /// Nil when the request is for something else.
  func report(_ request: APIRequest, _ registered: RegisteredKind, _ user: UserInfo) async throws -> APIResponse? {
    guard registered.kind.qualifiedResource == "pods",
      let topic = PodReportRequest.Topic(rawValue: request.info.subresource)
    else { return nil }
    guard request.info.verb == "get" else { throw Status.methodNotAllowed(request) }
    guard request.info.parts.count == 3, !request.info.namespace.isEmpty else { throw Status.unknownPath }
    let report = try await report(request, topic, registered.kind, user)
    return request.wantsJSON ? .json(report.json.bytes + [UInt8(ascii: "\n")]) : .text(report.text)
  }

  private func report(
    _ request: APIRequest, _ topic: PodReportRequest.Topic, _ kind: Kind, _ user: UserInfo
  ) async throws -> PodReport {
    let key = ObjectKey(namespace: request.info.namespace, name: request.info.name)
    var question = PodReportRequest(topic, pod: key)
    question.container = request.query["container"].flatMap { $0.isEmpty ? nil : $0 }
    do {
      let pod = try await registry.get(kind, key, user: user).json
      return try await report(of: pod, question)
    } catch let status as Status where status.reason == .notFound {
      // Gone from the API; the node that had it may remember it.
      guard let report = try await reportOfGone(question, user) else { throw status }
      return report
    }
  }

  private func report(of pod: JSON, _ question: PodReportRequest) async throws -> PodReport {
    var question = question
    question.uid = pod[path: "metadata", "uid"]?.stringValue
    question.milestones = question.uid.flatMap { registry.milestones.times(uid: $0) }
    let name = question.pod.name
    guard let node = pod[path: "spec", "nodeName"]?.stringValue, !node.isEmpty else {
      let message = "\(question.pod.namespace)/\(name): no node has it yet; 'kubectl describe pod \(name)' says why."
      return PodReport(text: message + "\n", json: ["summary": .string(message)])
    }
    guard let connection = nodes(node) else {
      throw Status(
        code: 503, reason: .serviceUnavailable,
        message: "node \"\(node)\" of pod \"\(name)\" is not connected: what it remembers cannot be read now")
    }
    guard let report = try await connection.podReport(question) else {
      throw Status(
        code: 503, reason: .serviceUnavailable,
        message: "node \"\(node)\" does not know pod \"\(name)\" yet")
    }
    return report
  }

  private func reportOfGone(_ question: PodReportRequest, _ user: UserInfo) async throws -> PodReport? {
    let known = try await registry.list(Node.kind, namespace: nil, user: user)
    for node in known.items.map(\.key.name) {
      if let report = try await self.report(question, from: node) { return report }
    }
    return nil
  }

  /// Nil also from a node that cannot tell such things.
  private func report(_ question: PodReportRequest, from node: String) async throws -> PodReport? {
    do {
      return try await nodes(node)?.podReport(question)
    } catch let status as Status where status.code == 501 {
      return nil
    }
  }
}

extension APIRequest {
  /// JSON for who takes nothing else (`Accept: application/json`) or asks with `?output=json`. `kubectl get --raw` takes
  /// anything, so it gets the text.
  fileprivate var wantsJSON: Bool {
    if let output = query["output"] { return output == "json" }
    let ranges = MediaRange.parse(headers["accept"].joined(separator: ","))
    return !ranges.isEmpty && ranges.allSatisfy { $0.type == "application/json" }
  }
}
