import KubernetesAPI

/// Which virtual addresses and node ports are taken: the decisions of `ServiceAllocator` as a value.
struct ServicePools: Sendable {
  let addresses: IPv4Range
  let nodePorts: ClosedRange<Int>
  private var taken = ServiceClaims()
  /// Where the next search begins, so that an address that was just given back is not given out again at once.
  private var nextAddress: UInt32
  private var nextPort: Int

  init(addresses: IPv4Range, nodePorts: ClosedRange<Int>) {
    self.addresses = addresses
    self.nodePorts = nodePorts
    nextAddress = addresses.firstDynamic
    nextPort = nodePorts.lowerBound
  }

  mutating func take(_ claims: ServiceClaims) {
    taken.addresses.formUnion(claims.addresses)
    taken.ports.formUnion(claims.ports)
  }

  mutating func release(_ claims: ServiceClaims) {
    taken.addresses.subtract(claims.addresses)
    taken.ports.subtract(claims.ports)
  }

  /// Gives a Service what it needs beyond `held`. Returns what was taken; on a thrown 422 nothing is.
  mutating func complete(_ service: inout JSON, holding held: ServiceClaims) throws(Status) -> ServiceClaims {
    let before = taken
    do throws(Status) {
      try completeAddress(&service, held)
      try completePorts(&service, held)
    } catch {
      taken = before
      throw error
    }
    return taken.subtracting(before)
  }

  private mutating func completeAddress(_ service: inout JSON, _ held: ServiceClaims) throws(Status) {
    guard ServiceStrategy.needsAddress(service) else { return }
    let wanted = service[path: "spec", "clusterIP"]?.stringValue ?? ""
    guard wanted.isEmpty else { return try takeAddress(wanted, service, held) }
    guard let free = freeAddress() else {
      throw invalid(
        service, "spec.clusterIPs", "[]string(nil)", "failed to allocate a serviceIP: range is full")
    }
    taken.addresses.insert(free)
    service["spec"]?["clusterIP"] = .string(addresses.text(free))
    service["spec"]?["clusterIPs"] = [.string(addresses.text(free))]
  }

  private mutating func takeAddress(_ wanted: String, _ service: JSON, _ held: ServiceClaims) throws(Status) {
    let value = "[]string{\"\(wanted)\"}"
    guard let address = IPv4Range.address(wanted), addresses.contains(address) else {
      throw invalid(
        service, "spec.clusterIPs", value,
        "failed to allocate IP \(wanted): the provided IP (\(wanted)) is not in the valid range. "
          + "The range of valid IPs is \(addresses.text)")
    }
    if held.addresses.contains(address) { return }
    guard taken.addresses.insert(address).inserted else {
      throw invalid(
        service, "spec.clusterIPs", value, "failed to allocate IP \(wanted): provided IP is already allocated")
    }
  }

  /// A free address: of the dynamic band, then of the lower one.
  private mutating func freeAddress() -> UInt32? {
    let dynamic = Array([nextAddress...addresses.last, addresses.firstDynamic...addresses.last])
    for band in dynamic + [addresses.first...addresses.firstDynamic] {
      guard let free = band.first(where: { !taken.addresses.contains($0) }) else { continue }
      nextAddress = free < addresses.last && free >= addresses.firstDynamic ? free + 1 : addresses.firstDynamic
      return free
    }
    return nil
  }

  private mutating func completePorts(_ service: inout JSON, _ held: ServiceClaims) throws(Status) {
    guard ServiceStrategy.needsNodePorts(service) else { return }
    var ports = service[path: "spec", "ports"]?.arrayValue ?? []
    var own = held.ports
    // Ports that are asked for come first, so that none of them is given out to a neighbour.
    for (position, port) in ports.enumerated() {
      guard let number = port["nodePort"]?.intValue, number != 0, !own.contains(number) else { continue }
      try takePort(number, service, "spec.ports[\(position)].nodePort")
      own.insert(number)
    }
    for position in ports.indices where ports[position]["nodePort"]?.intValue ?? 0 == 0 {
      ports[position]["nodePort"] = .int(try freePort(service, "spec.ports[\(position)].nodePort"))
    }
    service["spec"]?["ports"] = .array(ports)
    if ServiceStrategy.needsHealthCheckPort(service), service[path: "spec", "healthCheckNodePort"] == nil {
      let port = try freePort(service, "spec.healthCheckNodePort")
      service["spec"]?["healthCheckNodePort"] = .int(port)
    }
  }

  private mutating func takePort(_ number: Int, _ service: JSON, _ field: String) throws(Status) {
    guard nodePorts.contains(number) else {
      throw invalid(
        service, field, String(number),
        "provided port is not in the valid range. The range of valid ports is "
          + "\(nodePorts.lowerBound)-\(nodePorts.upperBound)")
    }
    guard taken.ports.insert(number).inserted else {
      throw invalid(service, field, String(number), "provided port is already allocated")
    }
  }

  private mutating func freePort(_ service: JSON, _ field: String) throws(Status) -> Int {
    let free =
      (nextPort...nodePorts.upperBound).first { !taken.ports.contains($0) }
      ?? nodePorts.first { !taken.ports.contains($0) }
    guard let free else {
      throw invalid(service, field, "0", "failed to allocate a nodePort: range is full")
    }
    taken.ports.insert(free)
    nextPort = free < nodePorts.upperBound ? free + 1 : nodePorts.lowerBound
    return free
  }

  private func invalid(_ service: JSON, _ field: String, _ value: String, _ why: String) -> Status {
    .invalid(
      Service.kind, name: service.objectName,
      [.init(reason: "FieldValueInvalid", message: "Invalid value: \(value): \(why)", field: field)])
  }
}
