extension Validator {
  private static let maximumEndpoints = 1000
  private static let maximumSlicePorts = 100
  private static let maximumAddresses = 100

  mutating func endpoints(_ endpoints: Endpoints) {
    for (position, subset) in endpoints.subsets.enumerated() {
      let path = FieldPath("subsets").index(position)
      if subset.addresses.isEmpty, subset.notReadyAddresses.isEmpty {
        required(path, "must specify `addresses` or `notReadyAddresses`")
      }
      for (number, address) in subset.addresses.enumerated() {
        endpointAddress(address, (path / "addresses").index(number))
      }
      for (number, address) in subset.notReadyAddresses.enumerated() {
        endpointAddress(address, (path / "notReadyAddresses").index(number))
      }
      for (number, port) in subset.ports.enumerated() {
        endpointPort(port, needsName: subset.ports.count > 1, (path / "ports").index(number))
      }
    }
  }

  private mutating func endpointAddress(_ address: EndpointAddress, _ path: FieldPath) {
    let reasons = IPAddressRules.address(address.ip)
    invalid(path / "ip", address.ip, reasons)
    if reasons.isEmpty { reachableAddress(address.ip, path / "ip") }
    if !address.hostname.isEmpty { invalid(path / "hostname", address.hostname, NameRules.dnsLabel(address.hostname)) }
    if let node = address.nodeName { invalid(path / "nodeName", node, NameRules.dnsSubdomain(node)) }
  }

  private mutating func endpointPort(_ port: EndpointPort, needsName: Bool, _ path: FieldPath) {
    if needsName, port.name.isEmpty {
      required(path / "name")
    } else if !port.name.isEmpty {
      invalid(path / "name", port.name, NameRules.dnsLabel(port.name))
    }
    self.port(path / "port", port.port)
    requiredWord(path / "protocol", port.json["protocol"], TransportProtocol.self)
    if let name = port.appProtocol { invalid(path / "appProtocol", name, NameRules.qualifiedName(name)) }
  }

  mutating func endpointSlice(_ slice: EndpointSlice) {
    let type = slice.json["addressType"]?.stringValue ?? ""
    if type.isEmpty {
      required("addressType")
    } else {
      word("addressType", slice.json["addressType"], AddressType.self)
    }
    if slice.endpoints.count > Self.maximumEndpoints {
      tooMany("endpoints", slice.endpoints.count, maximum: Self.maximumEndpoints)
    }
    for (position, endpoint) in slice.endpoints.enumerated() {
      self.endpoint(endpoint, type, FieldPath("endpoints").index(position))
    }
    slicePorts(slice.ports)
  }

  mutating func endpointSliceUpdate(_ new: EndpointSlice, old: EndpointSlice) {
    endpointSlice(new)
    immutable("addressType", new.json["addressType"], old.json["addressType"])
  }

  private mutating func endpoint(_ endpoint: Endpoint, _ type: String, _ path: FieldPath) {
    let addresses = endpoint.addresses
    if addresses.isEmpty { required(path / "addresses", "must contain at least 1 address") }
    if addresses.count > Self.maximumAddresses {
      tooMany(path / "addresses", addresses.count, maximum: Self.maximumAddresses)
    }
    for (position, address) in addresses.enumerated() {
      sliceAddress(address, type, (path / "addresses").index(position))
    }
    if let node = endpoint.nodeName { invalid(path / "nodeName", node, NameRules.dnsSubdomain(node)) }
    if let name = endpoint.hostname { invalid(path / "hostname", name, NameRules.dnsLabel(name)) }
  }

  private mutating func sliceAddress(_ address: String, _ type: String, _ path: FieldPath) {
    switch type {
    case "IPv4":
      guard IPAddressRules.isIPv4(address) else { return invalid(path, address, "must be a valid IPv4 address") }
      reachableAddress(address, path)
    case "IPv6":
      if !IPAddressRules.isIPv6(address) { invalid(path, address, "must be a valid IPv6 address") }
    case "FQDN": invalid(path, address, NameRules.dnsSubdomain(address))
    default: break
    }
  }

  private mutating func slicePorts(_ ports: [EndpointSlicePort]) {
    if ports.count > Self.maximumSlicePorts { tooMany("ports", ports.count, maximum: Self.maximumSlicePorts) }
    var names: Set<String> = []
    for (position, port) in ports.enumerated() {
      let path = FieldPath("ports").index(position)
      let name = port.name ?? ""
      if !name.isEmpty { invalid(path / "name", name, NameRules.dnsLabel(name)) }
      if !names.insert(name).inserted { duplicate(path / "name", name) }
      if let number = port.port { self.port(path / "port", number) }
      requiredWord(path / "protocol", port.json["protocol"], TransportProtocol.self)
      if let name = port.appProtocol { invalid(path / "appProtocol", name, NameRules.qualifiedName(name)) }
    }
  }
}
