import KubernetesAPI

/// The environment variables by which pods find Services (`NAME_SERVICE_HOST` and Docker's links), upstream's envvars.
package enum ServiceEnvironment {
  /// Of the Services of the pod's namespace (when it wants links) and always of `default/kubernetes`.
  package static func variables(_ services: [Service], namespace: String, enablesLinks: Bool) -> [(String, String)] {
    let visible = services.filter { service in
      let address = service.spec.clusterIP
      guard !address.isEmpty, address != "None" else { return false }
      let isMaster = service.namespace == "default" && service.name == "kubernetes"
      return isMaster || (enablesLinks && service.namespace == namespace)
    }
    // A Service of the pod's own namespace named `kubernetes` wins over the master's.
    let ordered = visible.sorted {
      ($0.namespace == namespace ? 1 : 0, $0.name) < ($1.namespace == namespace ? 1 : 0, $1.name)
    }
    return ordered.flatMap(variables)
  }

  private static func variables(_ service: Service) -> [(String, String)] {
    let prefix = variableName(service.name)
    let address = service.spec.clusterIP
    let ports = service.spec.ports
    guard let first = ports.first else { return [("\(prefix)_SERVICE_HOST", address)] }
    var variables = [("\(prefix)_SERVICE_HOST", address), ("\(prefix)_SERVICE_PORT", "\(first.port)")]
    for port in ports where !port.name.isEmpty {
      variables.append(("\(prefix)_SERVICE_PORT_\(variableName(port.name))", "\(port.port)"))
    }
    for (position, port) in ports.enumerated() {
      variables += link(prefix, address, port.port, protocolName(port), isFirst: position == 0)
    }
    return variables
  }

  private static func link(
    _ prefix: String, _ address: String, _ port: Int, _ name: String, isFirst: Bool
  ) -> [(String, String)] {
    let host = address.contains(":") ? "[\(address)]" : address
    let url = "\(name.lowercased())://\(host):\(port)"
    let base = "\(prefix)_PORT_\(port)_\(name)"
    return (isFirst ? [("\(prefix)_PORT", url)] : []) + [
      (base, url), ("\(base)_PROTO", name.lowercased()), ("\(base)_PORT", "\(port)"), ("\(base)_ADDR", address),
    ]
  }

  private static func protocolName(_ port: ServicePort) -> String {
    port.protocol.rawValue
  }

  static func variableName(_ name: String) -> String {
    name.uppercased().replacing("-", with: "_")
  }
}
