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

  @Option(help: "Features under trial, switched on or off: MemoryQoS=true.")
  var featureGates = ""

  static let names: Set<String> = [
    "kube-reserved", "system-reserved", "enforce-node-allocatable", "pod-max-pids", "eviction-hard", "eviction-soft",
    "eviction-soft-grace-period", "eviction-minimum-reclaim", "eviction-pressure-transition-period",
    "eviction-max-pod-grace-period", "feature-gates",
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
    guard let seconds = GoDuration.seconds(parsing: evictionPressureTransitionPeriod) else {
      throw EvictionConfigurationError(
        "--eviction-pressure-transition-period is a duration such as 5m0s, not \(evictionPressureTransitionPeriod)")
    }
    configuration.pressureTransitionSeconds = seconds
    try configuration.setEviction(
      hard: evictionHard, soft: evictionSoft, gracePeriods: evictionSoftGracePeriod,
      minimumReclaim: evictionMinimumReclaim)
    configuration.hasMemoryQoS = try isOn("MemoryQoS")
    return configuration
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
