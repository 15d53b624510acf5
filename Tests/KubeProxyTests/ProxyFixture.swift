import KubernetesAPI
import Netlink

@testable import KubeProxy

/// A proxy's state fed with Services and endpoints in short form.
struct ProxyFixture {
  var state = ProxyState(nodeName: "n1", cluster: IPv4Prefix("10.42.0.0/16")!)

  mutating func service(
    _ name: String, _ address: String, port: Int = 80, proto: TransportProtocol = .tcp,
    _ change: (inout Service) -> Void = { _ in }
  ) {
    let service = Self.service(name, address, port: port, proto: proto, change)
    state.setService(service.key, service)
  }

  static func service(
    _ name: String, _ address: String, port: Int, proto: TransportProtocol = .tcp,
    _ change: (inout Service) -> Void = { _ in }
  ) -> Service {
    var service = Service()
    service.metadata.namespace = "default"
    service.metadata.name = name
    service.spec.clusterIP = address
    service.spec.type = .clusterIP
    var servicePort = ServicePort()
    servicePort.port = port
    servicePort.protocol = proto
    service.spec.ports = [servicePort]
    change(&service)
    return service
  }

  mutating func endpoints(
    _ service: String, _ addresses: [String], port: Int = 8080, node: String = "n1", slice: String = "1",
    ready: Bool = true, terminating: Bool = false
  ) {
    var object = EndpointSlice()
    object.metadata.namespace = "default"
    object.metadata.name = "\(service)-\(slice)"
    object.metadata.labels = ["kubernetes.io/service-name": service]
    object.addressType = .ipv4
    object.ports = [
      EndpointSlicePort {
        $0.port = port
        $0.name = ""
      }
    ]
    object.endpoints = addresses.map { address in
      Endpoint {
        $0.addresses = [address]
        $0.nodeName = node
        $0.conditions.ready = ready
        $0.conditions.serving = true
        $0.conditions.terminating = terminating
      }
    }
    state.setSlice(object.key, object)
  }

  /// The lines of the next change, sorted where the order within a set says nothing.
  mutating func change() -> [String] {
    guard let change = state.plan() else { return [] }
    return Self.lines(change)
  }

  static func lines(_ change: ProxyState.Change) -> [String] {
    change.transaction.text.split(separator: "\n").map { line in
      guard let open = line.firstIndex(of: "{"), line.hasPrefix("add element") || line.hasPrefix("delete element")
      else {
        return String(line)
      }
      let elements = line[line.index(open, offsetBy: 2)...].dropLast(2).split(separator: ",").map {
        $0.drop { $0 == " " }
      }
      return line[...open] + " " + elements.sorted().joined(separator: ", ") + " }"
    }
  }
}
