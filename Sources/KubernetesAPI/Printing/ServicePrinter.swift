extension TablePrinter {
  static let services = TablePrinter(
    Service.self,
    [
      .name, TableColumn("Type", "How the service is reached."),
      TableColumn("Cluster-IP", "Virtual address inside the cluster."),
      TableColumn("External-IP", "Addresses outside the cluster."), TableColumn("Port(s)", "Ports of the service."),
      .age, .wide("Selector", "Which pods the service leads to."),
    ]
  ) { service, now in
    [
      service.nameCell, .string(service.spec.type.rawValue),
      .string((service.spec.clusterIPs.first ?? service.spec.clusterIP).orNone), .string(service.externalAddresses),
      .string(service.portText.orNone), service.age(now),
      .string(Selector(matching: service.spec.selector).displayText),
    ]
  }

  static let endpoints = TablePrinter(
    Endpoints.self, [.name, TableColumn("Endpoints", "Addresses and ports that are ready."), .age]
  ) { endpoints, now in
    let entries = endpoints.subsets.flatMap { subset in
      let addresses = subset.addresses.map(\.ip)
      guard !subset.ports.isEmpty else { return addresses }
      return subset.ports.flatMap { port in addresses.map { Self.hostPort($0, port.port) } }
    }
    let text = endpoints.subsets.isEmpty ? "<none>" : ShortList.text(entries, empty: "")
    return [endpoints.nameCell, .string(text), endpoints.age(now)]
  }

  static let endpointSlices = TablePrinter(
    EndpointSlice.self,
    [
      .name, TableColumn("AddressType", "What the addresses are."),
      TableColumn("Ports", "Ports of the endpoints."), TableColumn("Endpoints", "Addresses of the endpoints."), .age,
    ]
  ) { slice, now in
    let ports = slice.ports.map { port in port.port.map { String($0) } ?? port.name ?? "*" }
    return [
      slice.nameCell, .string(slice.addressType.rawValue), .string(ShortList.text(ports, empty: "<unset>")),
      .string(ShortList.text(slice.endpoints.flatMap(\.addresses), empty: "<unset>")), slice.age(now),
    ]
  }

  private static func hostPort(_ address: String, _ port: Int) -> String {
    address.utf8.contains(UInt8(ascii: ":")) ? "[\(address)]:\(port)" : "\(address):\(port)"
  }
}

extension Service {
  /// `80:30080/TCP,443/TCP`
  fileprivate var portText: String {
    self.spec.ports.map { port in
      let node = port.nodePort > 0 ? ":\(port.nodePort)" : ""
      return "\(port.port)\(node)/\(port.protocol.rawValue)"
    }.joined(separator: ",")
  }

  fileprivate var externalAddresses: String {
    switch self.spec.type {
    case .externalName: return self.spec.externalName
    case .clusterIP, .nodePort: return self.spec.externalIPs.joined(separator: ",").orNone
    case .loadBalancer:
      let ingress = self.status.loadBalancer.ingress.map { $0.ip.isEmpty ? $0.hostname : $0.ip }
      let known = Set(ingress.filter { !$0.isEmpty }).sorted() + self.spec.externalIPs
      return known.isEmpty ? "<pending>" : known.joined(separator: ",")
    }
  }
}
