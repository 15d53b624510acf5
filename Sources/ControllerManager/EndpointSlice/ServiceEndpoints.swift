import KubernetesAPI

/// The pods behind a Service with the ports they answer on: the facts that both EndpointSlices and Endpoints say, each
/// in its own form. Pure.
struct ServiceEndpoints: Equatable {
  struct Endpoint: Equatable {
    var pod: Pod
    var address: String
    var ports: [ResolvedPort]
    var isReady: Bool
    /// Passes its readiness probe, be it on its way out or not.
    var isServing: Bool
    var isTerminating: Bool
  }

  /// A Service port as one pod has it: a named target port may differ from pod to pod.
  struct ResolvedPort: Hashable {
    var name: String
    var port: Int
    var `protocol`: TransportProtocol
    var appProtocol: String?
  }

  var endpoints: [Endpoint] = []

  /// `pods` are those of the Service's namespace.
  init(_ service: Service, pods: [Pod]) {
    let selector = service.spec.selector
    guard !selector.isEmpty else { return }
    let isAlwaysReady = service.spec.publishNotReadyAddresses
    for pod in pods where selector.allSatisfy({ pod.labels[$0.key] == $0.value }) {
      let address = pod.status.podIP
      guard !address.isEmpty, !pod.isFinished else { continue }
      let isTerminating = pod.isBeingDeleted
      endpoints.append(
        Endpoint(
          pod: pod, address: address, ports: Self.ports(service, pod),
          isReady: isAlwaysReady || pod.isReady && !isTerminating, isServing: pod.isReady || isAlwaysReady,
          isTerminating: isTerminating))
    }
    endpoints.sort { ($0.pod.name, $0.address) < ($1.pod.name, $1.address) }
  }

  private static func ports(_ service: Service, _ pod: Pod) -> [ResolvedPort] {
    service.spec.ports.compactMap { port in
      number(of: port, in: pod).map {
        ResolvedPort(
          name: port.name, port: $0, protocol: port.protocol, appProtocol: port.appProtocol)
      }
    }
  }

  /// The port number a Service port means in this pod; nil when no container has a port of that name.
  private static func number(of port: ServicePort, in pod: Pod) -> Int? {
    switch port.targetPort {
    case .int(let number): return number == 0 ? port.port : number
    case .string(let name):
      return pod.spec.containers.flatMap(\.ports).first { $0.name == name && $0.protocol == port.protocol }?
        .containerPort
    }
  }
}
