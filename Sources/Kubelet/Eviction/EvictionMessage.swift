import KubernetesAPI

/// What an evicted pod's status and event say, in upstream's words.
enum EvictionMessage {
  static func node(_ signal: EvictionSignal, _ threshold: EvictionThreshold?, _ reading: SignalReading?, _ use: PodUse)
    -> String
  {
    var message = "The node was low on resource: \(signal.resource). "
    if let threshold, let reading {
      let quantity = amount(threshold.value.amount(of: reading.capacity), signal)
      message += "Threshold quantity: \(quantity), available: \(amount(reading.available, signal)). "
    }
    for container in use.containers { message += consumption(container, signal, use.pod) }
    return message
  }

  private static func consumption(_ container: PodUse.ContainerUse, _ signal: EvictionSignal, _ pod: Pod) -> String {
    let usage: Int
    switch signal.resource {
    case "memory": usage = container.memoryBytes
    case "ephemeral-storage": usage = container.storageBytes
    default: return ""
    }
    let request = pod.container(container.name)?.resources.requests[signal.resource] ?? .zero
    guard usage > request.value else { return "" }
    return "Container \(container.name) was using \(bytes(usage)), request is \(request.canonical.text), "
      + "has larger consumption of \(signal.resource). "
  }

  private static func amount(_ amount: Int, _ signal: EvictionSignal) -> String {
    ["memory", "ephemeral-storage"].contains(signal.resource) ? bytes(amount) : "\(amount)"
  }

  static func bytes(_ amount: Int) -> String {
    QuantityAmount(nanos: Int128(amount) * 1_000_000_000, format: .binary).canonicalText
  }

  /// Nil while the pod keeps to its own storage limits.
  static func storageLimit(_ use: PodUse) -> String? {
    emptyDir(use) ?? pod(use) ?? container(use)
  }

  private static func emptyDir(_ use: PodUse) -> String? {
    for volume in use.pod.spec.volumes {
      guard let limit = volume.emptyDir?.sizeLimit, limit.value > 0, let bytes = use.volumeBytes[volume.name],
        bytes > limit.value
      else { continue }
      return "Usage of EmptyDir volume \"\(volume.name)\" exceeds the limit \"\(limit.canonical.text)\". "
    }
    return nil
  }

  private static func pod(_ use: PodUse) -> String? {
    guard let limit = PodResources(use.pod).limit("ephemeral-storage"), use.storageBytes > limit else { return nil }
    return "Pod ephemeral local storage usage exceeds the total limit of containers \(bytes(limit)). "
  }

  private static func container(_ use: PodUse) -> String? {
    for container in use.containers {
      guard let limit = use.pod.container(container.name)?.resources.limits["ephemeral-storage"], limit.value > 0,
        container.storageBytes > limit.value
      else { continue }
      return "Container \(container.name) exceeded its local ephemeral storage limit \"\(limit.canonical.text)\". "
    }
    return nil
  }
}

extension View where Fields == PodFields {
  /// Whether the node has to look how much the pod stores.
  var hasStorageLimits: Bool {
    self.spec.volumes.contains { ($0.emptyDir?.sizeLimit?.value ?? 0) > 0 && $0.emptyDir?.medium != "Memory" }
      || allContainers.contains { ($0.resources.limits["ephemeral-storage"]?.value ?? 0) > 0 }
  }
}
