import KubernetesAPI

/// From a Service's endpoints and the slices that exist to the slices to create, update and delete. Pure.
///
/// Endpoints stay in the slice they are in, so that one pod's change rewrites one slice; new ones fill slices with room.
struct EndpointSlicePlan {
  static let maximumEndpoints = 100
  static let manager = "endpointslice-controller.k8s.io"
  static let serviceLabel = "kubernetes.io/service-name"
  static let managerLabel = "endpointslice.kubernetes.io/managed-by"

  var creations: [EndpointSlice] = []
  var updates: [EndpointSlice] = []
  var deletions: [EndpointSlice] = []

  init(_ service: Service, _ wanted: ServiceEndpoints, existing: [EndpointSlice]) {
    var groups = Dictionary(grouping: wanted.endpoints, by: \.ports)
    // A Service without pods keeps one empty slice, which says that it is known and has nobody.
    if groups.isEmpty, let kept = existing.first { groups[Self.ports(of: kept)] = [] }
    if groups.isEmpty { groups[[]] = [] }
    var left = existing
    for (ports, endpoints) in groups.sorted(by: { $0.value.count > $1.value.count }) {
      let own = left.filter { Self.ports(of: $0) == ports }
      left.removeAll { slice in own.contains { $0.uid == slice.uid } }
      plan(service, ports, endpoints.map(Self.endpoint), own)
    }
    deletions += left
  }

  private mutating func plan(
    _ service: Service, _ ports: [ServiceEndpoints.ResolvedPort], _ wanted: [Endpoint], _ existing: [EndpointSlice]
  ) {
    var homeless = Dictionary(wanted.map { (Self.identity($0), $0) }, uniquingKeysWith: { $1 })
    var filled = existing.sorted { $0.name < $1.name }.map { slice -> (slice: EndpointSlice, endpoints: [Endpoint]) in
      (slice, slice.endpoints.compactMap { homeless.removeValue(forKey: Self.identity($0)) })
    }
    var rest = wanted.filter { homeless[Self.identity($0)] != nil }[...]
    for position in filled.indices {
      let room = Self.maximumEndpoints - filled[position].endpoints.count
      filled[position].endpoints += rest.prefix(room)
      rest = rest.dropFirst(room)
    }
    settle(service, ports, filled, isLastKept: wanted.isEmpty)
    while !rest.isEmpty || (wanted.isEmpty && existing.isEmpty) {
      creations.append(Self.slice(service, ports, Array(rest.prefix(Self.maximumEndpoints))))
      rest = rest.dropFirst(Self.maximumEndpoints)
      if rest.isEmpty { break }
    }
  }

  /// Pods on the machine's network share its address.
  private static func identity(_ endpoint: Endpoint) -> String {
    "\(endpoint.addresses.first ?? "")/\(endpoint.targetRef?.uid ?? "")"
  }

  private mutating func settle(
    _ service: Service, _ ports: [ServiceEndpoints.ResolvedPort],
    _ filled: [(slice: EndpointSlice, endpoints: [Endpoint])], isLastKept: Bool
  ) {
    for (position, entry) in filled.enumerated() {
      if entry.endpoints.isEmpty, !(isLastKept && position == 0) {
        deletions.append(entry.slice)
        continue
      }
      var changed = Self.slice(service, ports, entry.endpoints)
      if changed.endpoints == entry.slice.endpoints, changed.labels == entry.slice.labels { continue }
      changed.metadata = entry.slice.metadata
      changed.metadata.labels = Self.labels(service)
      updates.append(changed)
    }
  }

  private static func slice(
    _ service: Service, _ ports: [ServiceEndpoints.ResolvedPort], _ endpoints: [Endpoint]
  ) -> EndpointSlice {
    EndpointSlice.make {
      $0.metadata.generateName = service.name + "-"
      $0.metadata.namespace = service.namespace
      $0.metadata.labels = labels(service)
      $0.metadata.ownerReferences = [service.asController()]
      $0.addressType = .ipv4
      $0.endpoints = endpoints
      $0.ports = ports.map { port in
        EndpointSlicePort {
          $0.name = port.name
          $0.port = port.port
          $0.protocol = port.protocol
          $0.appProtocol = port.appProtocol
        }
      }
    }
  }

  private static func labels(_ service: Service) -> [String: String] {
    var labels = service.labels
    labels[serviceLabel] = service.name
    labels[managerLabel] = manager
    if service.spec.clusterIP == "None" { labels["service.kubernetes.io/headless"] = "" }
    return labels
  }

  private static func endpoint(_ endpoint: ServiceEndpoints.Endpoint) -> Endpoint {
    Endpoint {
      $0.addresses = [endpoint.address]
      $0.conditions.ready = endpoint.isReady
      $0.conditions.serving = endpoint.isServing
      $0.conditions.terminating = endpoint.isTerminating
      if !endpoint.pod.spec.hostname.isEmpty, !endpoint.pod.spec.subdomain.isEmpty {
        $0.hostname = endpoint.pod.spec.hostname
      }
      if !endpoint.pod.spec.nodeName.isEmpty { $0.nodeName = endpoint.pod.spec.nodeName }
      $0.targetRef = ObjectReference {
        $0.kind = "Pod"
        $0.namespace = endpoint.pod.namespace
        $0.name = endpoint.pod.name
        $0.uid = endpoint.pod.uid
      }
    }
  }

  private static func ports(of slice: EndpointSlice) -> [ServiceEndpoints.ResolvedPort] {
    slice.ports.map { port in
      ServiceEndpoints.ResolvedPort(
        name: port.name ?? "", port: port.port ?? 0, protocol: port.protocol ?? .tcp, appProtocol: port.appProtocol)
    }
  }
}
