import KubernetesAPI

/// The objects that every cluster has from its first second: system namespaces and the Service `kubernetes` with its
/// endpoint, the server itself.
package struct Bootstrap: Sendable {
  static let namespaces = ["kube-system", "kube-public", "kube-node-lease", "default"]
  private static let service = ObjectKey(namespace: "default", name: "kubernetes")

  private let transport: InProcessTransport
  private let serviceAddress: String
  private let advertiseAddress: String
  private let port: Int

  /// - Parameters:
  ///   - advertiseAddress: IPv4 address at which nodes and pods reach the server.
  ///   - port: its TCP port.
  package init(registry: Registry, advertiseAddress: String, port: Int) {
    transport = InProcessTransport(registry: registry, user: .server)
    serviceAddress = registry.services.firstAddress
    self.advertiseAddress = advertiseAddress
    self.port = port
  }

  /// Creates what is missing and corrects what differs. `Registry.run` must be running. Throws `Status`.
  package func run() async throws {
    for name in Self.namespaces {
      try await createIfAbsent(
        Namespace.kind, ObjectKey(name: name), Self.object(Namespace.kind, ["name": .string(name)]))
    }
    try await createIfAbsent(Service.kind, Self.service, serviceObject)
    try await ensure(Endpoints.kind, Self.service, endpoints, fields: ["subsets"])
    try await ensure(EndpointSlice.kind, Self.service, slice, fields: ["endpoints", "ports"])
  }

  private func createIfAbsent(_ kind: Kind, _ key: ObjectKey, _ object: JSON) async throws {
    do { _ = try await transport.get(kind, key) } catch let status as Status where status.reason == .notFound {
      _ = try await transport.create(kind, namespace: key.namespace, object, subresource: nil)
    }
  }

  /// The object exists and its `fields` are as wanted: the server's address may be another one than last time.
  private func ensure(_ kind: Kind, _ key: ObjectKey, _ object: JSON, fields: [String]) async throws {
    try await createIfAbsent(kind, key, object)
    var present = try await transport.get(kind, key)
    guard fields.contains(where: { present[$0] != object[$0] }) else { return }
    for field in fields { present[field] = object[field] }
    _ = try await transport.update(kind, present, subresource: nil)
  }

  private static func object(_ kind: Kind, _ metadata: JSON) -> JSON {
    ["apiVersion": .string(kind.apiVersion), "kind": .string(kind.kind), "metadata": metadata]
  }

  private var serviceObject: JSON {
    var object = Self.object(Service.kind, metadata(labels: ["component": "apiserver", "provider": "kubernetes"]))
    object["spec"] = [
      "clusterIP": .string(serviceAddress), "type": "ClusterIP", "sessionAffinity": "None",
      "ports": [["name": "https", "port": 443, "protocol": "TCP", "targetPort": .int(port)]],
    ]
    return object
  }

  private var endpoints: JSON {
    let mirror: JSON = ["endpointslice.kubernetes.io/skip-mirror": "true"]
    var object = Self.object(Endpoints.kind, metadata(labels: mirror))
    object["subsets"] = [
      [
        "addresses": [["ip": .string(advertiseAddress)]],
        "ports": [["name": "https", "port": .int(port), "protocol": "TCP"]],
      ]
    ]
    return object
  }

  private var slice: JSON {
    var object = Self.object(EndpointSlice.kind, metadata(labels: ["kubernetes.io/service-name": "kubernetes"]))
    object["addressType"] = "IPv4"
    object["endpoints"] = [["addresses": [.string(advertiseAddress)], "conditions": ["ready": true]]]
    object["ports"] = [["name": "https", "port": .int(port), "protocol": "TCP"]]
    return object
  }

  private func metadata(labels: JSON) -> JSON {
    ["name": .string(Self.service.name), "namespace": .string(Self.service.namespace), "labels": labels]
  }
}
