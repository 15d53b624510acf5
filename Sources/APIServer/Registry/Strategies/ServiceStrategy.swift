import KubernetesAPI

struct ServiceStrategy: Strategy {
  var returnsDeletedObject: Bool { true }
  var allowsCreateOnUpdate: Bool { true }
  var selectableFields: [SelectableField] { [SelectableField("spec.clusterIP"), SelectableField("spec.type")] }

  func prepareForCreate(_ object: inout JSON) {
    object["status"] = ["loadBalancer": [:]]
    Self.normalize(&object)
    Self.setFamilies(&object)
  }

  func prepareForUpdate(_ object: inout JSON, old: JSON) {
    Self.keepAllocated(&object, old: old)
    Self.dropOtherTypes(&object, old: old)
    Self.normalize(&object)
    Self.setFamilies(&object)
  }

  static func type(_ service: JSON) -> String { service[path: "spec", "type"]?.stringValue ?? "ClusterIP" }

  static func isHeadless(_ service: JSON) -> Bool { service[path: "spec", "clusterIP"] == "None" }

  static func needsAddress(_ service: JSON) -> Bool { type(service) != "ExternalName" && !isHeadless(service) }

  static func needsNodePorts(_ service: JSON) -> Bool {
    switch type(service) {
    case "NodePort": true
    case "LoadBalancer": service[path: "spec", "allocateLoadBalancerNodePorts"]?.boolValue != false
    default: false
    }
  }

  /// Traffic may come from outside the cluster.
  private static func isExternal(_ service: JSON) -> Bool {
    ["NodePort", "LoadBalancer"].contains(type(service))
      || service[path: "spec", "externalIPs"]?.arrayValue?.isEmpty == false
  }

  static func needsHealthCheckPort(_ service: JSON) -> Bool {
    type(service) == "LoadBalancer" && service[path: "spec", "externalTrafficPolicy"] == "Local"
  }

  /// `clusterIP` and the first of `clusterIPs` are one field in two spellings.
  private static func normalize(_ service: inout JSON) {
    let single = service[path: "spec", "clusterIP"]?.stringValue ?? ""
    let several = service[path: "spec", "clusterIPs"]?.arrayValue ?? []
    if !single.isEmpty, several.isEmpty { service["spec"]?["clusterIPs"] = [.string(single)] }
    if single.isEmpty, let first = several.first { service["spec"]?["clusterIP"] = first }
  }

  /// The cluster has one family. A headless Service without selector may name addresses of either, so it gets both.
  private static func setFamilies(_ service: inout JSON) {
    guard type(service) != "ExternalName" else { return }
    let hasSelector = service[path: "spec", "selector"]?.objectValue?.isEmpty == false
    let isOpen = isHeadless(service) && !hasSelector
    if service[path: "spec", "ipFamilies"]?.arrayValue?.isEmpty != false {
      service["spec"]?["ipFamilies"] = isOpen ? ["IPv4", "IPv6"] : ["IPv4"]
    }
    if service[path: "spec", "ipFamilyPolicy"] == nil {
      service["spec"]?["ipFamilyPolicy"] = isOpen ? "RequireDualStack" : "SingleStack"
    }
  }

  /// Clients that leave out what the server allocated mean to keep it.
  private static func keepAllocated(_ service: inout JSON, old: JSON) {
    if type(service) != "ExternalName", type(old) != "ExternalName" {
      for field in ["clusterIP", "clusterIPs"] where isEmpty(service[path: "spec", field]) {
        service["spec"]?[field] = old[path: "spec", field]
      }
    }
    if needsHealthCheckPort(service), needsHealthCheckPort(old), isEmpty(service[path: "spec", "healthCheckNodePort"]) {
      service["spec"]?["healthCheckNodePort"] = old[path: "spec", "healthCheckNodePort"]
    }
    guard needsNodePorts(service), needsNodePorts(old) else { return }
    keepNodePorts(&service, old: old)
  }

  private static func keepNodePorts(_ service: inout JSON, old: JSON) {
    var ports = service[path: "spec", "ports"]?.arrayValue ?? []
    var used = Set(ports.compactMap { $0["nodePort"]?.intValue })
    for position in ports.indices where isEmpty(ports[position]["nodePort"]) {
      let before = (old[path: "spec", "ports"]?.arrayValue ?? []).first {
        $0["port"] == ports[position]["port"] && $0["protocol"] == ports[position]["protocol"]
      }
      guard let number = before?["nodePort"]?.intValue, used.insert(number).inserted else { continue }
      ports[position]["nodePort"] = .int(number)
    }
    service["spec"]?["ports"] = .array(ports)
  }

  /// A change of type drops what belonged to the old one, unless the client changed it too.
  private static func dropOtherTypes(_ service: inout JSON, old: JSON) {
    if type(service) == "ExternalName", type(old) != "ExternalName" {
      for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"]
      where service[path: "spec", field] == old[path: "spec", field] {
        service["spec"]?[field] = nil
      }
    }
    if !needsHealthCheckPort(service), needsHealthCheckPort(old) { service["spec"]?["healthCheckNodePort"] = nil }
    if type(service) != "LoadBalancer", type(old) == "LoadBalancer" {
      for field in ["allocateLoadBalancerNodePorts", "loadBalancerClass"]
      where service[path: "spec", field] == old[path: "spec", field] {
        service["spec"]?[field] = nil
      }
    }
    if !isExternal(service), isExternal(old),
      service[path: "spec", "externalTrafficPolicy"] == old[path: "spec", "externalTrafficPolicy"]
    {
      service["spec"]?["externalTrafficPolicy"] = nil
    }
    guard !needsNodePorts(service), needsNodePorts(old) else { return }
    let before = Set((old[path: "spec", "ports"]?.arrayValue ?? []).compactMap { $0["nodePort"]?.intValue })
    let ports = (service[path: "spec", "ports"]?.arrayValue ?? []).map { port -> JSON in
      var port = port
      if let number = port["nodePort"]?.intValue, before.contains(number) { port["nodePort"] = nil }
      return port
    }
    service["spec"]?["ports"] = .array(ports)
  }

  private static func isEmpty(_ value: JSON?) -> Bool {
    switch value {
    case nil, .null, .string(""), .int(0): true
    case .array(let list): list.isEmpty
    default: false
    }
  }
}
