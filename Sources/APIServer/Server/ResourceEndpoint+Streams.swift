import KubernetesAPI

/// The subresources that lead to a node.
extension ResourceEndpoint {
  /// Nil when the request is for an ordinary subresource.
  func streamed(_ call: ResourceCall) async throws -> APIResponse? {
    switch (call.kind.qualifiedResource, call.subresource) {
    case ("pods", "log") where call.request.info.verb == "get": return try await log(call)
    case ("pods", "exec"), ("pods", "attach"), ("pods", "portforward"), ("pods", "proxy"), ("services", "proxy"),
      ("nodes", "proxy"):
      throw Status.notImplemented("\(call.kind.plural)/\(call.subresource ?? "")")
    default: return nil
    }
  }

  private func log(_ call: ResourceCall) async throws -> APIResponse {
    let object = try await registry.get(call.kind, call.key, user: call.user)
    let pod = object.json
    let request = try PodLogRequest(pod: pod, query: call.request.query)
    let node = pod[path: "spec", "nodeName"]?.stringValue ?? ""
    // A pod that no node has taken yet has nothing to say.
    guard !node.isEmpty else { return .text("") }
    guard let connection = nodes(node) else {
      throw Status(
        code: 503, reason: .serviceUnavailable,
        message: "node \"\(node)\" of pod \"\(call.key.name)\" is not connected: its logs cannot be read now")
    }
    let chunks = try await connection.containerLogs(
      pod: call.key, uid: pod[path: "metadata", "uid"]?.stringValue ?? "", container: request.container, request.options
    )
    return APIResponse(contentType: "text/plain") { writer in
      for try await chunk in chunks { try await writer.write(chunk) }
    }
  }
}
