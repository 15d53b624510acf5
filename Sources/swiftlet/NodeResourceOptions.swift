import ArgumentParser
import Kubelet

/// What the node keeps back, what it bounds and when it makes room, under the names of upstream's kubelet flags.
struct NodeResourceOptions: ParsableArguments {
  @Option(help: "Kept back for the node agent, such as cpu=100m,memory=200Mi,ephemeral-storage=1Gi,pid=1000.")
  var kubeReserved = ""

  @Option(help: "Kept back for the rest of the system, in the same form.")
  var systemReserved = ""

  @Option(help: "pods: bound all pods together by what is not kept back; none: do not.")
  var enforceNodeAllocatable = EnforcedLevel.pods

  @Option(help: "The most processes that one pod may have; -1: no bound.")
  var podMaxPids = -1

  @Option(help: "When pods are evicted at once, such as memory.available<100Mi,nodefs.available<10%.")
  var evictionHard: String?

  @Option(help: "When pods are evicted after a grace period, in the same form.")
  var evictionSoft = ""

  @Option(help: "How long a soft threshold must have been passed, such as memory.available=1m30s.")
  var evictionSoftGracePeriod = ""

  @Option(help: "How much more than the threshold is freed, such as imagefs.available=2Gi.")
  var evictionMinimumReclaim = ""

  @Option(help: "How long a pressure condition stays after its signal has recovered.")
  var evictionPressureTransitionPeriod = "5m0s"

  @Option(help: "The longest grace in seconds of a pod that a soft threshold evicts.")
  var evictionMaxPodGracePeriod = 0

  @Option(help: "At this use of the images' file system, in percent, unused images are removed.")
  var imageGcHighThreshold = 85

  @Option(help: "Down to this use of the file system, in percent.")
  var imageGcLowThreshold = 80

  @Option(help: "How long an image stays at least after its arrival or last use.")
  var minimumImageTtlDuration = "2m0s"

  @Option(help: "After this time without use an image is removed whatever the disk has left; 0s: never.")
  var imageMaximumGcAge = "0s"

  @Option(help: "Images that are never removed by themselves, by name.")
  var pinnedImage: [String] = []

  @Option(help: "Features under trial, switched on or off: MemoryQoS=true.")
  var featureGates = ""

  static let names: Set<String> = [
    "kube-reserved", "system-reserved", "enforce-node-allocatable", "pod-max-pids", "eviction-hard", "eviction-soft",
    "eviction-soft-grace-period", "eviction-minimum-reclaim", "eviction-pressure-transition-period",
    "eviction-max-pod-grace-period", "image-gc-high-threshold", "image-gc-low-threshold",
    "minimum-image-ttl-duration", "image-maximum-gc-age", "pinned-image", "feature-gates",
  ]

  func configuration() throws -> NodeResourceConfiguration {
    do {
      return try uncheckedConfiguration()
    } catch let error as EvictionConfigurationError {
      throw ValidationError(error.description)
    }
  }

  private func uncheckedConfiguration() throws -> NodeResourceConfiguration {
    var configuration = NodeResourceConfiguration()
    configuration.kubeReserved = try NodeResourceConfiguration.reserved(parsing: kubeReserved)
    configuration.systemReserved = try NodeResourceConfiguration.reserved(parsing: systemReserved)
    configuration.enforcesNodeAllocatable = enforceNodeAllocatable == .pods
    configuration.podPidsLimit = podMaxPids
    configuration.maximumPodGraceSeconds = evictionMaxPodGracePeriod
    configuration.pressureTransitionSeconds = try seconds(
      evictionPressureTransitionPeriod, "eviction-pressure-transition-period")
    configuration.imageGarbage = try garbage()
    configuration.pinnedImages = pinnedImage
    try configuration.setEviction(
      hard: evictionHard, soft: evictionSoft, gracePeriods: evictionSoftGracePeriod,
      minimumReclaim: evictionMinimumReclaim)
    configuration.hasMemoryQoS = try isOn("MemoryQoS")
    return configuration
  }

  private func garbage() throws -> ImageGarbageConfiguration {
    guard (0...100).contains(imageGcHighThreshold), (0..<imageGcHighThreshold).contains(imageGcLowThreshold) else {
      throw EvictionConfigurationError(
        "--image-gc-high-threshold must be between 0 and 100 and above --image-gc-low-threshold")
    }
    var garbage = ImageGarbageConfiguration()
    garbage.highPercent = imageGcHighThreshold
    garbage.lowPercent = imageGcLowThreshold
    garbage.minimumAgeSeconds = try seconds(minimumImageTtlDuration, "minimum-image-ttl-duration")
    garbage.maximumAgeSeconds = try seconds(imageMaximumGcAge, "image-maximum-gc-age")
    return garbage
  }

  private func seconds(_ text: String, _ flag: String) throws -> Int {
    guard let seconds = GoDuration.seconds(parsing: text) else {
      throw EvictionConfigurationError("--\(flag) is a duration such as 5m0s, not \(text)")
    }
    return seconds
  }

  private func isOn(_ gate: String) throws -> Bool {
    var isOn = false
    for entry in featureGates.split(separator: ",") {
      let parts = entry.split(separator: "=").map(String.init)
      guard parts.count == 2, let value = Bool(parts[1]) else {
        throw EvictionConfigurationError("--feature-gates wants Name=true or Name=false, not '\(entry)'")
      }
      guard parts[0] == gate else { throw EvictionConfigurationError("unrecognized feature gate: \(parts[0])") }
      isOn = value
    }
    return isOn
  }
}

enum EnforcedLevel: String, ExpressibleByArgument, CaseIterable {
  case pods
  case none
}
