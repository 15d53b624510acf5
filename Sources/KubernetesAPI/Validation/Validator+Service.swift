extension Validator {
  private static let maximumAffinitySeconds = 86_400

  mutating func service(_ service: Service) {
    let path: FieldPath = "spec"
    let spec = service.spec
    let type = spec.json["type"]?.stringValue ?? ""
    let isHeadless = spec.clusterIP == "None"
    if spec.ports.isEmpty, !isHeadless, type != "ExternalName" { required(path / "ports") }
    serviceType(type, spec, path)
    servicePorts(spec, type, isHeadless: isHeadless, path / "ports")
    labels(spec.selector, path / "selector")
    affinity(spec, path)
    clusterAddresses(spec, path)
    externalAddresses(spec, path)
    trafficPolicies(spec, type, path)
    loadBalancer(spec, type, path)
  }

  private mutating func serviceType(_ type: String, _ spec: ServiceSpec, _ path: FieldPath) {
    requiredWord(path / "type", spec.json["type"], ServiceType.self)
    switch type {
    case "LoadBalancer", "NodePort":
      if spec.clusterIP == "None" {
        let why = "may not be set to 'None' for \(type) services"
        invalid((path / "clusterIPs").index(0), "None", why)
      }
    case "ExternalName":
      for field in ["clusterIPs", "ipFamilies", "ipFamilyPolicy"] where !(spec.json[field]?.isZero ?? true) {
        forbidden(path / field, "may not be set for ExternalName services")
      }
      // A trailing dot marks a name as complete.
      let name = spec.externalName.hasSuffix(".") ? String(spec.externalName.dropLast()) : spec.externalName
      if name.isEmpty {
        required(path / "externalName")
      } else {
        invalid(path / "externalName", name, NameRules.dnsSubdomain(name))
      }
    default: break
    }
  }

  private mutating func servicePorts(_ spec: ServiceSpec, _ type: String, isHeadless: Bool, _ path: FieldPath) {
    let ports = spec.ports
    var names: Set<String> = []
    var numbers: Set<String> = []
    var nodePorts: Set<String> = []
    for (position, port) in ports.enumerated() {
      let path = path.index(position)
      servicePort(port, needsName: ports.count > 1, isHeadless: isHeadless, names: &names, path)
      if !numbers.insert("\(port.protocol.rawValue)/\(port.port)").inserted {
        duplicate(path, GoServicePort(port: port))
      }
      guard port.nodePort != 0 else { continue }
      if type == "ClusterIP" { forbidden(path / "nodePort", "may not be used when `type` is 'ClusterIP'") }
      if !nodePorts.insert("\(port.protocol.rawValue)/\(port.nodePort)").inserted {
        duplicate(path / "nodePort", port.nodePort)
      }
    }
  }

  private mutating func servicePort(
    _ port: ServicePort, needsName: Bool, isHeadless: Bool, names: inout Set<String>, _ path: FieldPath
  ) {
    if port.name.isEmpty {
      if needsName { required(path / "name") }
    } else {
      invalid(path / "name", port.name, NameRules.dnsLabel(port.name))
      if !names.insert(port.name).inserted { duplicate(path / "name", port.name) }
    }
    self.port(path / "port", port.port)
    requiredWord(path / "protocol", port.json["protocol"], TransportProtocol.self)
    portNumberOrName(port.targetPort, path / "targetPort")
    if let name = port.appProtocol { invalid(path / "appProtocol", name, NameRules.qualifiedName(name)) }
    if isHeadless, port.nodePort != 0 { forbidden(path / "nodePort", "may not be set for headless services") }
  }

  private mutating func affinity(_ spec: ServiceSpec, _ path: FieldPath) {
    requiredWord(path / "sessionAffinity", spec.json["sessionAffinity"], ServiceAffinity.self)
    let field = path / "sessionAffinityConfig"
    if spec.sessionAffinity == .clientIP {
      guard let seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds else {
        return required(field, "when session affinity type is ClientIP")
      }
      if !(1...Self.maximumAffinitySeconds).contains(seconds) {
        let why = "must be greater than 0 and less than \(Self.maximumAffinitySeconds)"
        invalid(field / "clientIP" / "timeoutSeconds", seconds, why)
      }
    } else if spec.sessionAffinityConfig != nil {
      forbidden(field, "must not be set when session affinity is None")
    }
  }

  private mutating func clusterAddresses(_ spec: ServiceSpec, _ path: FieldPath) {
    let addresses = spec.clusterIPs
    for (position, address) in addresses.enumerated() {
      let field = (path / "clusterIPs").index(position)
      if address == "None" {
        if position > 0 { invalid(field, address, "must be empty") }
        if addresses.count > 1 { invalid(path / "clusterIPs", addresses, "'None' must be the first and only value") }
      } else {
        invalid(field, address, IPAddressRules.address(address))
      }
    }
    if addresses.count > 2 { invalid(path / "clusterIPs", addresses, "may only hold up to 2 values") }
    if let first = addresses.first, !spec.clusterIP.isEmpty, first != spec.clusterIP {
      invalid(path / "clusterIPs", addresses, "first value must match `clusterIP`")
    }
    let families = spec.json["ipFamilies"]?.arrayValue ?? []
    for (position, family) in families.enumerated() {
      word((path / "ipFamilies").index(position), family, IPFamily.self)
    }
    word(path / "ipFamilyPolicy", spec.json["ipFamilyPolicy"], IPFamilyPolicy.self)
  }

  private mutating func externalAddresses(_ spec: ServiceSpec, _ path: FieldPath) {
    for (position, address) in spec.externalIPs.enumerated() {
      let field = (path / "externalIPs").index(position)
      let reasons = IPAddressRules.address(address)
      invalid(field, address, reasons)
      if reasons.isEmpty { reachableAddress(address, field) }
    }
  }

  /// Addresses that nothing outside the machine can use.
  mutating func reachableAddress(_ address: String, _ path: FieldPath) {
    guard let octets = IPAddressRules.octets(address) else { return }
    if octets.allSatisfy({ $0 == 0 }) { invalid(path, address, "may not be unspecified (0.0.0.0 or ::)") }
    if octets[0] == 127 { invalid(path, address, "may not be in the loopback range (127.0.0.0/8, ::1/128)") }
    if octets[0] == 169, octets[1] == 254 {
      invalid(path, address, "may not be in the link-local range (169.254.0.0/16, fe80::/10)")
    }
    if octets[0] == 224, octets[1] == 0, octets[2] == 0 {
      invalid(path, address, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)")
    }
  }

  private mutating func trafficPolicies(_ spec: ServiceSpec, _ type: String, _ path: FieldPath) {
    let json = spec.json
    word(path / "externalTrafficPolicy", json["externalTrafficPolicy"], ServiceTrafficPolicy.self)
    word(path / "internalTrafficPolicy", json["internalTrafficPolicy"], ServiceTrafficPolicy.self)
    let isExternal = type == "LoadBalancer" || type == "NodePort" || !spec.externalIPs.isEmpty
    if !isExternal, let policy = json["externalTrafficPolicy"]?.stringValue, !policy.isEmpty {
      let why = "may only be set for externally-accessible services"
      invalid(path / "externalTrafficPolicy", policy, why)
    }
    let needsCheckPort = type == "LoadBalancer" && spec.externalTrafficPolicy == .local
    if spec.healthCheckNodePort != 0, !needsCheckPort {
      let why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
      invalid(path / "healthCheckNodePort", spec.healthCheckNodePort, why)
    }
    if let distribution = spec.trafficDistribution, distribution != "PreferClose" {
      notSupported(path / "trafficDistribution", distribution, ["PreferClose"])
    }
  }

  private mutating func loadBalancer(_ spec: ServiceSpec, _ type: String, _ path: FieldPath) {
    let why = "may only be used when `type` is 'LoadBalancer'"
    let ranges = path / "LoadBalancerSourceRanges"
    if type != "LoadBalancer" {
      if !spec.loadBalancerSourceRanges.isEmpty { forbidden(ranges, why) }
      if spec.allocateLoadBalancerNodePorts != nil { forbidden(path / "allocateLoadBalancerNodePorts", why) }
      if spec.loadBalancerClass != nil { forbidden(path / "loadBalancerClass", why) }
    }
    for (position, range) in spec.loadBalancerSourceRanges.enumerated() {
      let text = String(range.trimmingSpaces)
      invalid(ranges.index(position), text, IPAddressRules.range(text))
    }
    if type == "LoadBalancer", let name = spec.loadBalancerClass {
      invalid(path / "loadBalancerClass", name, NameRules.qualifiedName(name))
    }
  }

  mutating func serviceUpdate(_ new: Service, old: Service) {
    service(new)
    guard new.spec.type != .externalName, old.spec.type != .externalName else { return }
    let before = old.spec.clusterIPs
    let after = new.spec.clusterIPs
    guard let first = before.first else { return }
    if after.isEmpty || after[0] != first {
      invalid(
        "spec.clusterIPs[0]", after, after.isEmpty ? "primary clusterIP can not be unset" : "may not change once set")
    }
  }
}

/// A `core.ServicePort` of nothing but protocol and number, as Go prints it.
private struct GoServicePort: InvalidValue {
  let port: ServicePort

  var goText: String {
    "core.ServicePort{Name:\"\", Protocol:\(port.protocol.rawValue.goQuoted), AppProtocol:(*string)(nil), "
      + "Port:\(port.port), TargetPort:intstr.IntOrString{Type:0, IntVal:0, StrVal:\"\"}, NodePort:0}"
  }
}

extension String {
  fileprivate var trimmingSpaces: Substring {
    let start = drop { $0.isWhitespace }
    return start.prefix(upTo: start.lastIndex { !$0.isWhitespace }.map(start.index(after:)) ?? start.startIndex)
  }
}
