import KubernetesAPI
import KubernetesClient

/// Keeps the older Endpoints object of every Service with a selector, for clients that read it.
struct EndpointsController: Controller {
  let name = "endpoint-controller"
  let queue = WorkQueue<ObjectKey>()
  private let client: KubernetesClient
  private let informers: SharedInformers

  init(client: KubernetesClient, informers: SharedInformers) {
    self.client = client
    self.informers = informers
  }

  func watch() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { for await change in informers.services.changes() { queue.add(change.object.key) } }
      group.addTask { await followPods(informers, queue) }
      group.addTask { for await change in informers.endpoints.changes() { queue.add(change.object.key) } }
      await group.waitForAll()
    }
    queue.shutDown()
  }

  func reconcile(_ key: ObjectKey) async throws {
    await informers.waitForSync()
    guard let service = informers.services.get(key) else { return try await removeOrphan(key) }
    guard !service.spec.selector.isEmpty, service.spec.type != .externalName else { return }
    let wanted = ServiceEndpoints(service, pods: informers.pods.list(namespace: key.namespace))
    let subsets = Self.subsets(wanted, keepsNotReady: service.spec.publishNotReadyAddresses)
    var labels = service.labels
    if service.spec.clusterIP == "None" { labels["service.kubernetes.io/headless"] = "" }
    guard var endpoints = informers.endpoints.get(key) else {
      try await client.create(
        Endpoints.make {
          $0.metadata.name = key.name
          $0.metadata.namespace = key.namespace
          $0.metadata.labels = labels
          $0.subsets = subsets
        })
      return
    }
    guard endpoints.subsets != subsets || endpoints.labels != labels else { return }
    endpoints.subsets = subsets
    endpoints.metadata.labels = labels
    try await client.update(endpoints)
  }

  /// Endpoints of a Service that is gone; those that somebody wrote by hand, for a Service without selector, stay.
  private func removeOrphan(_ key: ObjectKey) async throws {
    guard let endpoints = informers.endpoints.get(key),
      endpoints.metadata.annotations["control-plane.alpha.kubernetes.io/leader"] == nil
    else { return }
    do {
      try await client.delete(Endpoints.self, key, DeleteOptions(preconditionUID: endpoints.uid))
    } catch let status as Status where status.reason == .notFound {
      return
    }
  }

  /// Addresses with the same ports share a subset, ready and not ready apart (upstream's RepackSubsets). Pure.
  static func subsets(_ wanted: ServiceEndpoints, keepsNotReady: Bool) -> [EndpointSubset] {
    let present = wanted.endpoints.filter { !$0.isTerminating || keepsNotReady }
    let groups = Dictionary(grouping: present.filter { !$0.ports.isEmpty }, by: \.ports)
    let sorted = groups.sorted { $0.key.map(\.port).lexicographicallyPrecedes($1.key.map(\.port)) }
    return sorted.map { ports, endpoints in
      EndpointSubset {
        $0.addresses = endpoints.filter(\.isReady).map(address)
        $0.notReadyAddresses = endpoints.filter { !$0.isReady }.map(address)
        $0.ports = ports.map { port in
          EndpointPort {
            $0.name = port.name
            $0.port = port.port
            $0.protocol = port.protocol
            $0.appProtocol = port.appProtocol
          }
        }
      }
    }
  }

  private static func address(_ endpoint: ServiceEndpoints.Endpoint) -> EndpointAddress {
    EndpointAddress {
      $0.ip = endpoint.address
      if !endpoint.pod.spec.nodeName.isEmpty { $0.nodeName = endpoint.pod.spec.nodeName }
      if !endpoint.pod.spec.hostname.isEmpty, !endpoint.pod.spec.subdomain.isEmpty {
        $0.hostname = endpoint.pod.spec.hostname
      }
      $0.targetRef = ObjectReference {
        $0.kind = "Pod"
        $0.namespace = endpoint.pod.namespace
        $0.name = endpoint.pod.name
        $0.uid = endpoint.pod.uid
      }
    }
  }
}
