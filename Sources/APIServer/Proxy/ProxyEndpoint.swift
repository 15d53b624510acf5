import HTTPServing
import KubernetesAPI

/// `pods/proxy`, `services/proxy` and `nodes/proxy`: requests that are passed on to what runs in the cluster.
struct ProxyEndpoint: RequestEndpoint {
  let registry: Registry
  /// How the server shows itself to nodes.
  let identity: @Sendable () throws -> BackendIdentity

  func respond(to request: APIRequest, user: UserInfo) async throws -> APIResponse? {
    let info = request.info
    guard info.isResourceRequest, info.group.isEmpty, info.version == "v1", info.subresource == "proxy" else { return nil }
    guard let backend = try await backend(info, user) else { return nil }
    let proxied = ProxyRequest(request)
    if let redirect = proxied.redirect { return redirect }
    do {
      let response = try await backend.response(to: proxied.head, body: request.body)
      return proxied.answer(response, host: "\(backend.host):\(backend.port)")
    } catch {
      throw Status(
        code: 503, reason: .serviceUnavailable, message: "error trying to reach service: \(error)")
    }
  }

  private func backend(_ info: RequestInfo, _ user: UserInfo) async throws -> HTTPBackend? {
    guard ["pods", "services", "nodes"].contains(info.resource) else { return nil }
    guard let address = ProxyAddress(info.name) else {
      throw Status.badRequest("invalid \(info.resource.dropLast()) request \"\(info.name)\"")
    }
    let key = ObjectKey(namespace: info.namespace, name: address.name)
    switch info.resource {
    case "pods": return try ProxyTarget.pod(try await object(Pod.kind, key, user), address)
    case "services": return try await service(key, address, user)
    default:
      let node = try await object(Node.kind, ObjectKey(namespace: "", name: address.name), user)
      return try ProxyTarget.node(node, address, try identity())
    }
  }

  private func object(_ kind: Kind, _ key: ObjectKey, _ user: UserInfo) async throws -> JSON {
    try await registry.get(kind, key, user: user).json
  }

  /// A random ready endpoint whose pod has the address that the endpoint tells: an edited Endpoints object leads nowhere
  /// else.
  private func service(_ key: ObjectKey, _ address: ProxyAddress, _ user: UserInfo) async throws -> HTTPBackend {
    let port = try ProxyTarget.portName(of: try await object(Service.kind, key, user), address)
    let endpoints = try await object(Endpoints.kind, key, user)
    for candidate in ProxyTarget.candidates(endpoints, port: port).shuffled() {
      let pod: JSON
      do {
        pod = try await object(Pod.kind, ObjectKey(namespace: candidate.namespace, name: candidate.pod), user)
      } catch let status as Status where status.code == 404 {
        continue
      }
      guard ProxyTarget.addresses(pod).contains(candidate.address) else { continue }
      return ProxyTarget.backend(candidate.address, candidate.port, scheme: address.scheme)
    }
    throw ProxyTarget.noEndpoints(address.name)
  }
}
