import KubernetesAPI

/// What a pod asks for as a whole, by upstream's rule: init containers run one after another, each beside the sidecars
/// before it; then the containers run beside all sidecars. The greater of both counts, and the overhead on top.
package struct PodResources: Sendable {
  let pod: Pod

  package init(_ pod: Pod) { self.pod = pod }

  /// In thousandths; a container that says nothing asks for its limit.
  package func requestMilli(_ resource: String) -> Int {
    overheadMilli(resource) + total { $0.resources.requests[resource] ?? $0.resources.limits[resource] }
  }

  /// In thousandths; nil unless every container has a limit.
  package func limitMilli(_ resource: String) -> Int? {
    let isBounded = pod.allContainers.allSatisfy { ($0.resources.limits[resource]?.milliValue ?? 0) > 0 }
    return isBounded ? overheadMilli(resource) + total { $0.resources.limits[resource] } : nil
  }

  private func overheadMilli(_ resource: String) -> Int { pod.spec.overhead[resource]?.milliValue ?? 0 }

  package func request(_ resource: String) -> Int { (requestMilli(resource) + 999) / 1000 }

  package func limit(_ resource: String) -> Int? { limitMilli(resource).map { ($0 + 999) / 1000 } }

  private func total(_ amount: (Container) -> Quantity?) -> Int {
    var sidecars = 0
    var initialization = 0
    for container in pod.spec.initContainers {
      let own = amount(container)?.milliValue ?? 0
      if container.isSidecar {
        sidecars += own
        initialization = max(initialization, sidecars)
      } else {
        initialization = max(initialization, sidecars + own)
      }
    }
    let applications = pod.spec.containers.reduce(sidecars) { $0 + (amount($1)?.milliValue ?? 0) }
    return max(initialization, applications)
  }

  /// Huge page resources of the pod's containers: `hugepages-2Mi`.
  var hugePageResources: Set<String> {
    Set(pod.allContainers.flatMap { $0.resources.limits.keys }.filter { $0.hasPrefix("hugepages-") })
  }
}

/// `hugepages-2Mi` as the kernel's files call the size: `2MB`.
enum HugePageSize {
  static func kernelName(resource: String) -> String? {
    guard resource.hasPrefix("hugepages-") else { return nil }
    let bytes = Quantity(String(resource.dropFirst("hugepages-".count))).value
    guard bytes > 0 else { return nil }
    return kernelName(bytes: bytes)
  }

  static func kernelName(bytes: Int) -> String {
    if bytes % (1 << 30) == 0 { return "\(bytes >> 30)GB" }
    if bytes % (1 << 20) == 0 { return "\(bytes >> 20)MB" }
    return "\(bytes >> 10)KB"
  }
}
