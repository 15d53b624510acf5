enum ServiceDefaults {
  private static let affinityTimeoutSeconds = 10_800

  static func serviceSpec(_ spec: inout JSONObject) {
    affinity(&spec)
    let type = spec["type"]?.stringValue ?? ""
    let isExternal = type == "NodePort" || type == "LoadBalancer"
    let hasExternalAddresses = spec["externalIPs"]?.arrayValue?.isEmpty == false
    if isExternal || type == "ClusterIP" && hasExternalAddresses { spec.setIfZero("externalTrafficPolicy", "Cluster") }
    if isExternal || type == "ClusterIP" { spec.setIfAbsent("internalTrafficPolicy", "Cluster") }
    if type == "LoadBalancer" { spec.setIfAbsent("allocateLoadBalancerNodePorts", true) }
  }

  private static func affinity(_ spec: inout JSONObject) {
    switch spec["sessionAffinity"] {
    case "None": spec["sessionAffinityConfig"] = nil
    case "ClientIP":
      guard spec["sessionAffinityConfig"]?[path: "clientIP", "timeoutSeconds"]?.intValue == nil else { return }
      spec["sessionAffinityConfig"] = ["clientIP": ["timeoutSeconds": .int(affinityTimeoutSeconds)]]
    default: break
    }
  }

  static func servicePort(_ port: inout JSONObject) {
    guard let number = port["port"] else { return }
    port.setIfZero("targetPort", number)
  }

  static func service(_ service: inout JSONObject) {
    guard service["spec"]?["type"] == "LoadBalancer" else { return }
    service.changeObject("status") { status in
      status.changeObject("loadBalancer") { balancer in
        balancer.changeElements(of: "ingress") { ingress in
          if ingress["ip"]?.isZero == false { ingress.setIfAbsent("ipMode", "VIP") }
        }
      }
    }
  }
}
