import HTTPServing
import KubernetesAPI

/// The subresources that lead to a node.
extension ResourceEndpoint {
  /// Nil when the request is for an ordinary subresource.
  func streamed(_ call: ResourceCall) async throws -> APIResponse? {
    switch (call.kind.qualifiedResource, call.subresource) {
    case ("pods", "log") where call.request.info.verb == "get": return try await log(call)
    case ("pods", "exec"): return try await exec(call)
    case ("pods", "attach"): return try await attach(call)
    case ("pods", "portforward"): return try await portForward(call)
    default: return nil
    }
  }

  private func log(_ call: ResourceCall) async throws -> APIResponse {
    let object = try await registry.get(call.kind, call.key, user: call.user)
    let pod = object.json
    let request = try PodLogRequest(pod: pod, query: call.request.query)
    // A pod that no node has taken yet has nothing to say.
    guard pod[path: "spec", "nodeName"]?.stringValue?.isEmpty == false else { return .text("") }
    let (node, uid) = try holder(pod, call)
    let chunks = try await node.containerLogs(
      pod: call.key, uid: uid, container: request.container, request.options)
    let stream: @Sendable (ResponseWriter) async throws -> Void = { writer in
      for try await chunk in chunks { try await writer.write(chunk) }
    }
    return try WebSocketText.response(to: call.request, stream: stream)
      ?? APIResponse(contentType: "text/plain", stream: stream)
  }

  private func exec(_ call: ResourceCall) async throws -> APIResponse {
    let pod = try await registry.get(call.kind, call.key, user: call.user).json
    let request = try RemoteCommandRequest.exec(pod: pod, query: call.request.query)
    let (node, uid) = try holder(pod, call)
    return try RemoteCommandUpgrade.response(to: call.request, request.streams) { streams in
      try await node.exec(
        pod: call.key, uid: uid, container: request.container, command: request.command, request.streams,
        streams: streams)
    }
  }

  private func attach(_ call: ResourceCall) async throws -> APIResponse {
    let pod = try await registry.get(call.kind, call.key, user: call.user).json
    let request = try RemoteCommandRequest.attach(pod: pod, query: call.request.query)
    let (node, uid) = try holder(pod, call)
    return try RemoteCommandUpgrade.response(to: call.request, request.streams) { streams in
      try await node.attach(
        pod: call.key, uid: uid, container: request.container, request.streams, streams: streams)
      return nil
    }
  }

  private func portForward(_ call: ResourceCall) async throws -> APIResponse {
    let pod = try await registry.get(call.kind, call.key, user: call.user).json
    let (node, uid) = try holder(pod, call)
    return try PortForwardUpgrade.response(to: call.request, pod: call.key.name, uid: uid) { port in
      try await node.portForward(pod: call.key, uid: uid, port: port)
    }
  }

  /// The node that has the pod. Throws 400 for a pod that none has, 503 for a node that is out of reach.
  private func holder(_ pod: JSON, _ call: ResourceCall) throws(Status) -> (node: any NodeConnection, uid: String) {
    let name = pod[path: "spec", "nodeName"]?.stringValue ?? ""
    guard !name.isEmpty else { throw .badRequest("pod \(call.key.name) does not have a host assigned") }
    guard let node = nodes(name) else {
      throw Status(
        code: 503, reason: .serviceUnavailable,
        message: "node \"\(name)\" of pod \"\(call.key.name)\" is not connected: it cannot be asked now")
    }
    return (node, pod[path: "metadata", "uid"]?.stringValue ?? "")
  }
}
