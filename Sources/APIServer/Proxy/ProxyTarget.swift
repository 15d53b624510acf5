import HTTPServing
import KubernetesAPI

/// Where a proxied request goes, told from the objects it names: pure, in upstream's words.
enum ProxyTarget {
  struct Candidate: Sendable, Equatable {
    var address: String
    var port: Int
    var namespace: String
    var pod: String
  }

  static func backend(_ host: String, _ port: Int, scheme: String) -> HTTPBackend {
    HTTPBackend(host: host, port: port, security: scheme == "https" ? .unverified : .plain)
  }

  /// The pod's address, with the first port of its containers when the request names none.
  static func pod(_ pod: JSON, _ address: ProxyAddress) throws(Status) -> HTTPBackend {
    guard let host = addresses(pod).first else { throw .badRequest("address not allowed") }
    let declared = (pod[path: "spec", "containers"]?.arrayValue ?? []).lazy.compactMap {
      $0["ports"]?.arrayValue?.first?["containerPort"]?.intValue
    }.first
    let fallback = declared ?? (address.scheme == "https" ? 443 : 80)
    guard let port = address.port.isEmpty ? fallback : Int(address.port), (1...65535).contains(port) else {
      throw .badRequest("invalid pod request port \"\(address.port)\"")
    }
    return backend(host, port, scheme: address.scheme)
  }

  static func addresses(_ pod: JSON) -> [String] {
    let all = pod[path: "status", "podIPs"]?.arrayValue?.compactMap { $0["ip"]?.stringValue } ?? []
    guard all.isEmpty, let one = pod[path: "status", "podIP"]?.stringValue, !one.isEmpty else { return all }
    return [one]
  }

  /// The name of the Service's port; a number stands for the port that has it.
  static func portName(of service: JSON, _ address: ProxyAddress) throws(Status) -> String {
    guard let number = Int(address.port) else { return address.port }
    let ports = service[path: "spec", "ports"]?.arrayValue ?? []
    guard let port = ports.first(where: { $0["port"]?.intValue == number }) else {
      throw unavailable("no service port \(number) found for service \"\(address.name)\"")
    }
    return port["name"]?.stringValue ?? ""
  }

  /// The ready addresses of an Endpoints object that belong to pods, with the port of that name.
  static func candidates(_ endpoints: JSON, port: String) -> [Candidate] {
    (endpoints["subsets"]?.arrayValue ?? []).flatMap { subset -> [Candidate] in
      let ports = subset["ports"]?.arrayValue ?? []
      guard let number = ports.first(where: { ($0["name"]?.stringValue ?? "") == port })?["port"]?.intValue else {
        return []
      }
      return (subset["addresses"]?.arrayValue ?? []).compactMap { address in
        guard let ip = address["ip"]?.stringValue, address[path: "targetRef", "kind"]?.stringValue == "Pod",
          let pod = address[path: "targetRef", "name"]?.stringValue,
          let namespace = address[path: "targetRef", "namespace"]?.stringValue
        else { return nil }
        return Candidate(address: ip, port: number, namespace: namespace, pod: pod)
      }
    }
  }

  static func noEndpoints(_ service: String) -> Status { unavailable("no endpoints available for service \"\(service)\"") }

  /// The node's own port, or another one of the node.
  static func node(_ node: JSON, _ address: ProxyAddress, _ identity: BackendIdentity) throws(Status) -> HTTPBackend {
    let addresses = node[path: "status", "addresses"]?.arrayValue ?? []
    func known(_ type: String) -> String? {
      addresses.first { $0["type"]?.stringValue == type }?["address"]?.stringValue
    }
    guard let host = known("InternalIP") ?? known("Hostname") else {
      throw unavailable("no preferred addresses found; known addresses: []")
    }
    let own = node[path: "status", "daemonEndpoints", "kubeletEndpoint", "Port"]?.intValue ?? 0
    guard let port = address.port.isEmpty ? own : Int(address.port), (0...65535).contains(port) else {
      throw .badRequest("invalid node request port \"\(address.port)\"")
    }
    guard port > 0 else { throw unavailable("node \"\(address.name)\" does not serve its port (--kubelet-port 0)") }
    guard port != own else { return HTTPBackend(host: host, port: port, security: .verified(identity)) }
    return backend(host, port, scheme: address.scheme)
  }

  private static func unavailable(_ message: String) -> Status {
    Status(code: 503, reason: .serviceUnavailable, message: message)
  }
}
