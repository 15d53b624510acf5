import KubernetesAPI

/// Amounts of the resources that scheduling counts: cpu in thousandths of a core, everything else in whole units.
package struct ResourceAmounts: Sendable, Hashable {
  package var milliCPU = 0
  package var memoryBytes = 0
  package var ephemeralStorageBytes = 0
  package var pods = 0
  /// Extended resources and huge pages by name.
  package var others: [String: Int] = [:]

  package init() {}

  package init(_ list: [String: Quantity]) {
    for (name, quantity) in list {
      switch name {
      case "cpu": milliCPU = quantity.milliValue
      case "memory": memoryBytes = quantity.value
      case "ephemeral-storage": ephemeralStorageBytes = quantity.value
      case "pods": pods = quantity.value
      default: others[name] = quantity.value
      }
    }
  }

  package static func += (left: inout Self, right: Self) { left.combine(right, +) }
  package static func -= (left: inout Self, right: Self) { left.combine(right, -) }

  /// The larger amount of each resource.
  package func union(_ other: Self) -> Self {
    var result = self
    result.combine(other, max)
    return result
  }

  private mutating func combine(_ other: Self, _ operation: (Int, Int) -> Int) {
    milliCPU = operation(milliCPU, other.milliCPU)
    memoryBytes = operation(memoryBytes, other.memoryBytes)
    ephemeralStorageBytes = operation(ephemeralStorageBytes, other.ephemeralStorageBytes)
    pods = operation(pods, other.pods)
    others = others.merging(other.others.filter { others[$0.key] == nil }.mapValues { operation(0, $0) }) { $1 }
      .merging(other.others.filter { others[$0.key] != nil }) { operation($0, $1) }
  }
}

extension Pod {
  /// What the pod asks of its node: the containers' requests and those of sidecars, or the highest moment of the init
  /// containers where that is more, plus the runtime class's overhead (KEP-753's formula).
  package var requestedResources: ResourceAmounts {
    var total = ResourceAmounts()
    for container in self.spec.containers { total += ResourceAmounts(container.resources.requests) }
    var sidecars = ResourceAmounts()
    var initPeak = ResourceAmounts()
    for container in self.spec.initContainers {
      let requests = ResourceAmounts(container.resources.requests)
      var moment = sidecars
      moment += requests
      initPeak = initPeak.union(moment)
      if container.isSidecar { sidecars = moment }
    }
    total += sidecars
    total = total.union(initPeak)
    total += ResourceAmounts(self.spec.overhead)
    total.pods = 1
    return total
  }

  /// Ports the pod takes on its node.
  package var hostPorts: [HostPortClaim] {
    (self.spec.initContainers.filter { $0.isSidecar } + self.spec.containers).flatMap { $0.ports }.filter { $0.hostPort > 0 }.map {
      HostPortClaim(address: $0.hostIP, protocolName: $0.protocol.rawValue, port: $0.hostPort)
    }
  }
}

extension Container {
  /// An init container that keeps running beside the others (KEP-753).
  fileprivate var isSidecar: Bool { self.restartPolicy == .always }
}

/// A port of the node that a pod takes for itself.
package struct HostPortClaim: Sendable, Hashable {
  package var address: String
  package var protocolName: String
  package var port: Int

  /// An address that stands for all of them meets any other.
  package func conflicts(with other: HostPortClaim) -> Bool {
    guard port == other.port, protocolName == other.protocolName else { return false }
    return isWildcard || other.isWildcard || address == other.address
  }

  private var isWildcard: Bool { address.isEmpty || address == "0.0.0.0" || address == "::" }
}
