import KubernetesAPI

/// Requests and limits as cgroup values, quality of service classes and OOM scores: upstream's arithmetic.
package enum ResourceRules {
  private static let sharesPerProcessor = 1024
  private static let minimumShares = 2
  private static let minimumQuotaMicroseconds = 1000
  private static let periodMicroseconds = 100_000

  package static func container(_ container: Container, in context: PodContext) -> ResourceSpec {
    var spec = amounts(
      requests: container.resources.requests, limits: container.resources.limits)
    spec.oomScoreAdjust = oomScoreAdjust(container, context)
    return spec
  }

  /// The pod's own group: the sum of requests, and of limits where every container has one.
  package static func pod(_ pod: Pod) -> ResourceSpec {
    let containers = pod.spec.containers + pod.spec.initContainers.filter(\.isSidecar)
    var requests: [String: Quantity] = [:]
    var limits: [String: Quantity] = [:]
    for resource in ["cpu", "memory"] {
      let asked = containers.compactMap { $0.resources.requests[resource] ?? $0.resources.limits[resource] }
      if !asked.isEmpty { requests[resource] = sum(asked) }
      let bounds = containers.compactMap { $0.resources.limits[resource] }
      if bounds.count == containers.count, !bounds.isEmpty { limits[resource] = sum(bounds) }
    }
    return amounts(requests: requests, limits: limits)
  }

  private static func sum(_ amounts: [Quantity]) -> Quantity {
    Quantity("\(amounts.reduce(0) { $0 + $1.milliValue })m")
  }

  private static func amounts(requests: [String: Quantity], limits: [String: Quantity]) -> ResourceSpec {
    var spec = ResourceSpec()
    // A container that asks for nothing gets the smallest share, as upstream gives it.
    let request = requests["cpu"] ?? limits["cpu"]
    spec.cpuShares = request.map { max(minimumShares, $0.milliValue * sharesPerProcessor / 1000) } ?? minimumShares
    if let limit = limits["cpu"], limit.milliValue > 0 {
      spec.cpuQuotaMicroseconds = max(minimumQuotaMicroseconds, limit.milliValue * periodMicroseconds / 1000)
    }
    if let limit = limits["memory"], limit.value > 0 { spec.memoryLimitBytes = limit.value }
    return spec
  }

  private static func oomScoreAdjust(_ container: Container, _ context: PodContext) -> Int {
    if (context.pod.spec.priority ?? 0) >= 2_000_000_000 { return -997 }
    switch context.pod.qosClass {
    case .guaranteed: return -997
    case .bestEffort: return 1000
    case .burstable:
      let capacity = max(1, context.allocatable["memory"]?.value ?? 1)
      let request = container.resources.requests["memory"]?.value ?? 0
      let adjust = 1000 - Int(Double(request) / Double(capacity) * 1000)
      return min(max(adjust, 3), 999)
    }
  }
}

extension View where Fields == PodFields {
  /// From requests and limits of cpu and memory, whatever the status says.
  package var qosClass: PodQOSClass {
    let all = allContainers.map(\.resources)
    let compute = ["cpu", "memory"]
    let isAnythingAsked = all.contains { resources in
      compute.contains { (resources.requests[$0]?.isPositive ?? false) || (resources.limits[$0]?.isPositive ?? false) }
    }
    guard isAnythingAsked else { return .bestEffort }
    let isGuaranteed = all.allSatisfy { resources in
      compute.allSatisfy { name in
        guard let limit = resources.limits[name], limit.isPositive else { return false }
        return resources.requests[name].map { $0 == limit } ?? true
      }
    }
    return isGuaranteed ? .guaranteed : .burstable
  }
}

extension Quantity {
  fileprivate var isPositive: Bool { milliValue > 0 }
}

/// `resourceFieldRef` as text.
enum ResourceReference {
  static func value(
    _ selector: ResourceFieldSelector, _ context: PodContext, _ container: Container
  ) throws(PodConfigurationError) -> String {
    let named = selector.containerName.isEmpty ? container : context.pod.container(selector.containerName)
    guard let named else { throw PodConfigurationError("container \(selector.containerName) not found") }
    let parts = selector.resource.split(separator: ".", maxSplits: 1).map(String.init)
    guard parts.count == 2, ["limits", "requests"].contains(parts[0]) else {
      throw PodConfigurationError("unsupported container resource: \(selector.resource)")
    }
    let limit = named.resources.limits[parts[1]]
    let amount =
      parts[0] == "limits" ? limit ?? context.allocatable[parts[1]] : named.resources.requests[parts[1]] ?? limit
    return "\(divide(amount ?? .zero, by: selector.divisor, isProcessor: parts[1] == "cpu"))"
  }

  /// Rounds up, as upstream does.
  private static func divide(_ amount: Quantity, by divisor: Quantity, isProcessor: Bool) -> Int {
    if isProcessor {
      let unit = divisor.isPositive ? divisor.milliValue : 1000
      return (amount.milliValue + unit - 1) / max(1, unit)
    }
    let unit = divisor.isPositive ? divisor.value : 1
    return (amount.value + unit - 1) / max(1, unit)
  }
}
