import KubernetesAPI

/// Requests and limits as cgroup values, quality of service classes and OOM scores: upstream's arithmetic.
package enum ResourceRules {
  private static let sharesPerProcessor = 1024
  private static let minimumShares = 2
  private static let minimumQuotaMicroseconds = 1000
  private static let periodMicroseconds = 100_000

  package static func container(_ container: Container, in context: PodContext) -> ResourceSpec {
    let resources = container.resources
    var spec = cpu(
      requestMilli: (resources.requests["cpu"] ?? resources.limits["cpu"])?.milliValue,
      limitMilli: resources.limits["cpu"]?.milliValue)
    if let limit = resources.limits["memory"], limit.value > 0 { spec.memoryLimitBytes = limit.value }
    spec.hugePageLimitsBytes = hugePages(resources.limits)
    spec.oomScoreAdjust = oomScoreAdjust(container, context)
    if context.policy.hasMemoryQoS { setMemoryQoS(&spec, resources, context.policy) }
    return spec
  }

  /// The pod's own group: the sum of requests, and of limits where every container has one.
  package static func pod(_ pod: Pod, _ policy: ResourcePolicy) -> ResourceSpec {
    let sums = PodResources(pod)
    var spec = cpu(requestMilli: sums.requestMilli("cpu"), limitMilli: sums.limitMilli("cpu"))
    if let limit = sums.limit("memory") { spec.memoryLimitBytes = limit }
    for resource in sums.hugePageResources {
      guard let size = HugePageSize.kernelName(resource: resource) else { continue }
      spec.hugePageLimitsBytes[size] = pod.allContainers.reduce(0) { $0 + ($1.resources.limits[resource]?.value ?? 0) }
    }
    if policy.podPidsLimit > 0 { spec.pidsLimit = policy.podPidsLimit }
    let request = sums.request("memory")
    if policy.hasMemoryQoS, request > 0 { spec.memoryMinimumBytes = request }
    return spec
  }

  /// Shares of v1 for thousandths of a processor.
  package static func shares(milli: Int) -> Int { max(minimumShares, milli * sharesPerProcessor / 1000) }

  private static func cpu(requestMilli: Int?, limitMilli: Int?) -> ResourceSpec {
    var spec = ResourceSpec()
    // A container that asks for nothing gets the smallest share, as upstream gives it.
    spec.cpuShares = shares(milli: requestMilli ?? 0)
    if let limitMilli, limitMilli > 0 {
      spec.cpuQuotaMicroseconds = max(minimumQuotaMicroseconds, limitMilli * periodMicroseconds / 1000)
    }
    return spec
  }

  private static func hugePages(_ limits: [String: Quantity]) -> [String: Int] {
    var bounds: [String: Int] = [:]
    for (resource, limit) in limits {
      if let size = HugePageSize.kernelName(resource: resource) { bounds[size] = limit.value }
    }
    return bounds
  }

  // MARK: memory

  /// Feature MemoryQoS: what was asked for is kept, and growth beyond it is slowed down before the limit kills.
  /// A container whose request is its limit is not slowed down.
  private static func setMemoryQoS(
    _ spec: inout ResourceSpec, _ resources: ResourceRequirements, _ policy: ResourcePolicy
  ) {
    let request = (resources.requests["memory"] ?? resources.limits["memory"])?.value ?? 0
    let limit = resources.limits["memory"]?.value ?? 0
    if request > 0 { spec.memoryMinimumBytes = request }
    guard request != limit || request == 0 else { return }
    let bound = limit > 0 ? limit : policy.memoryAllocatableBytes
    let high = Double(request) + Double(bound - request) * policy.memoryThrottlingFactor
    let wholePages = Int((high / Double(pageBytes)).rounded(.down)) * pageBytes
    if wholePages > request { spec.memoryHighBytes = wholePages }
  }

  private static let pageBytes = 4096

  private static func oomScoreAdjust(_ container: Container, _ context: PodContext) -> Int {
    if context.pod.spec.priorityClassName == "system-node-critical" { return guaranteedScore }
    switch context.pod.qosClass {
    case .guaranteed: return guaranteedScore
    case .bestEffort: return bestEffortScore
    case .burstable:
      let adjust = min(score(container, context), sidecarBound(container, context))
      return min(max(adjust, bestEffortScore + guaranteedScore), bestEffortScore - 1)
    }
  }

  private static let guaranteedScore = -997
  private static let bestEffortScore = 1000

  /// The larger the share of the machine's memory that was asked for, the later it is its turn.
  private static func score(_ container: Container, _ context: PodContext) -> Int {
    let request = (container.resources.requests["memory"] ?? container.resources.limits["memory"])?.value ?? 0
    return bestEffortScore - 1000 * request / context.policy.memoryCapacityBytes
  }

  /// A sidecar is not to go before the containers that it serves.
  private static func sidecarBound(_ container: Container, _ context: PodContext) -> Int {
    guard container.isSidecar else { return .max }
    return context.pod.spec.containers.map { score($0, context) }.max() ?? .max
  }
}

extension View where Fields == PodFields {
  /// From requests and limits of cpu and memory, whatever the status says.
  package var qosClass: PodQOSClass {
    let all = allContainers.map { $0.resources }
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
  /// What has no limit shows what the node has to give.
  private static let defaulted = ["cpu", "memory", "ephemeral-storage"]

  static func value(
    _ selector: ResourceFieldSelector, _ context: PodContext, _ container: Container
  ) throws(PodConfigurationError) -> String {
    let named = selector.containerName.isEmpty ? container : context.pod.container(selector.containerName)
    guard let named else { throw PodConfigurationError("container \(selector.containerName) not found") }
    let parts = selector.resource.split(separator: ".", maxSplits: 1).map(String.init)
    guard parts.count == 2, ["limits", "requests"].contains(parts[0]) else {
      throw PodConfigurationError("unsupported container resource : \(selector.resource)")
    }
    let limit = named.resources.limits[parts[1]].flatMap { $0.isPositive ? $0 : nil }
    let fallback = defaulted.contains(parts[1]) ? context.allocatable[parts[1]] : nil
    let amount = parts[0] == "limits" ? limit ?? fallback : named.resources.requests[parts[1]] ?? limit
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
