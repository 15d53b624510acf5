import KubernetesAPI
import Netlink

/// From one Service and its EndpointSlices to elements of the maps: pure.
struct ServiceElements {
  /// The endpoints of one port, for traffic inside the cluster and from outside.
  private struct Targets {
    var everywhere: [ProxyEndpoint]
    var here: [ProxyEndpoint]
  }

  private static let proxyNameLabel = "service.kubernetes.io/service-proxy-name"
  private static let headlessLabel = "service.kubernetes.io/headless"

  private(set) var elements: ProxyElements = [:]
  private let spec: ServiceSpec
  private let slices: [EndpointSlice]
  private let nodeName: String

  /// - Parameter slices: those of the Service.
  static func make(_ service: Service, _ slices: [EndpointSlice], nodeName: String) -> ProxyElements {
    let labels = service.metadata.labels
    guard service.spec.type != .externalName, labels[proxyNameLabel] == nil, labels[headlessLabel] == nil,
      let address = IPv4Address(service.spec.clusterIP)
    else { return [:] }
    var builder = ServiceElements(spec: service.spec, slices: slices, nodeName: nodeName)
    builder.elements[.address(address)] = .present
    for port in service.spec.ports { builder.add(port, clusterIP: address, service) }
    return builder.elements
  }

  private init(spec: ServiceSpec, slices: [EndpointSlice], nodeName: String) {
    self.spec = spec
    self.slices = slices.filter { $0.addressType == .ipv4 }
    self.nodeName = nodeName
  }

  private mutating func add(_ port: ServicePort, clusterIP: IPv4Address, _ service: Service) {
    guard let number = UInt16(exactly: port.port) else { return }
    let targets = targets(ofPort: port.name)
    let proto = Self.number(of: port.protocol)
    let isInternalLocal = spec.internalTrafficPolicy == .local
    add(
      ProxyFrontend(address: clusterIP, transportProtocol: proto, port: number), targets, isInternalLocal,
      .masqueradeForeign)
    let isExternalLocal = spec.externalTrafficPolicy == .local
    let external: ServiceMark.Flags = isExternalLocal ? [] : .masquerade
    for address in externalAddresses(service) {
      add(ProxyFrontend(address: address, transportProtocol: proto, port: number), targets, isExternalLocal, external)
    }
    if spec.type != .clusterIP, let nodePort = UInt16(exactly: port.nodePort), nodePort > 0 {
      add(ProxyFrontend(transportProtocol: proto, port: nodePort), targets, isExternalLocal, external)
    }
    for target in targets.here { elements[.hairpin(target.address)] = .present }
  }

  /// One address or node port with its endpoints.
  private mutating func add(
    _ frontend: ProxyFrontend, _ targets: Targets, _ isLocal: Bool, _ flags: ServiceMark.Flags
  ) {
    let chosen = (isLocal ? targets.here : targets.everywhere).prefix(ServiceMark.maximumEndpoints)
    var mark = ServiceMark(count: chosen.count, flags: flags)
    if chosen.isEmpty { mark.flags = targets.everywhere.isEmpty ? .refuse : .drop }
    if chosen.count > 1 && spec.sessionAffinity == .clientIP { mark.flags.insert(.sticky) }
    elements[.frontend(frontend)] = .mark(mark)
    for (index, target) in chosen.enumerated() {
      elements[.endpoint(frontend, index: UInt32(index))] = .endpoint(target)
    }
  }

  private func externalAddresses(_ service: Service) -> [IPv4Address] {
    let balancers =
      spec.type == .loadBalancer ? service.status.loadBalancer.ingress.filter { $0.ipMode != .proxy }.map(\.ip) : []
    return (spec.externalIPs + balancers).compactMap { IPv4Address($0) }
  }

  private func targets(ofPort name: String) -> Targets {
    var all: [(endpoint: Endpoint, target: ProxyEndpoint)] = []
    for slice in slices {
      guard let port = slice.ports.first(where: { ($0.name ?? "") == name })?.port.flatMap({ UInt16(exactly: $0) })
      else { continue }
      for endpoint in slice.endpoints {
        guard let address = endpoint.addresses.first.flatMap({ IPv4Address($0) }) else { continue }
        all.append((endpoint, ProxyEndpoint(address: address, port: port)))
      }
    }
    return Targets(
      everywhere: Self.usable(all), here: Self.usable(all.filter { $0.endpoint.nodeName == nodeName }))
  }

  /// The ready ones; where none is ready, those that end but still serve.
  private static func usable(_ all: [(endpoint: Endpoint, target: ProxyEndpoint)]) -> [ProxyEndpoint] {
    let ready = all.filter { $0.endpoint.conditions.ready ?? true }
    let chosen = ready.isEmpty ? all.filter { isServingTermination($0.endpoint.conditions) } : ready
    return Set(chosen.map(\.target)).sorted()
  }

  private static func isServingTermination(_ conditions: EndpointConditions) -> Bool {
    (conditions.serving ?? conditions.ready ?? true) && (conditions.terminating ?? false)
  }

  private static func number(of transport: TransportProtocol) -> UInt8 {
    switch transport {
    case .udp: 17
    case .sctp: 132
    default: 6
    }
  }
}
