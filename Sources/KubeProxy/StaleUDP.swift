import Netlink

/// UDP connections that lead to endpoints which are not behind their Service any more. UDP has no end: the kernel would
/// send a client that goes on talking to the old endpoint for ever. TCP connections are left to end by themselves.
struct StaleUDP: Sendable, Equatable {
  private static let udp: UInt8 = 17

  private var gone: [ProxyFrontend: Set<ProxyEndpoint>] = [:]
  /// Services that took no traffic before: connections past them are wrong now.
  private var begun: Set<ProxyFrontend> = []

  init(_ difference: ProxyElementTable.Difference) {
    for (key, datum) in difference.deleted {
      guard let (frontend, backend) = Self.endpoint(key, datum) else { continue }
      gone[frontend, default: []].insert(backend)
    }
    // An endpoint whose number changed is deleted and added.
    for (key, datum) in difference.added {
      guard let (frontend, backend) = Self.endpoint(key, datum) else { continue }
      gone[frontend]?.remove(backend)
    }
    gone = gone.filter { !$0.value.isEmpty }
    for case .frontend(let frontend) in difference.added.keys
    where frontend.transportProtocol == Self.udp && frontend.address != nil {
      begun.insert(frontend)
    }
  }

  var isEmpty: Bool { gone.isEmpty && begun.isEmpty }

  /// Asked of UDP connections only.
  func matches(_ entry: ConntrackEntry) -> Bool {
    let port = entry.original.destinationPort
    let named = ProxyFrontend(address: entry.original.destination, transportProtocol: Self.udp, port: port)
    let endpoint = ProxyEndpoint(address: entry.reply.source, port: entry.reply.sourcePort)
    if gone[named]?.contains(endpoint) == true { return true }
    if begun.contains(named) && endpoint.address == named.address { return true }
    return gone[ProxyFrontend(transportProtocol: Self.udp, port: port)]?.contains(endpoint) == true
  }

  private static func endpoint(_ key: ProxyKey, _ datum: ProxyDatum) -> (ProxyFrontend, ProxyEndpoint)? {
    guard case .endpoint(let frontend, _) = key, frontend.transportProtocol == udp, case .endpoint(let endpoint) = datum
    else { return nil }
    return (frontend, endpoint)
  }
}
