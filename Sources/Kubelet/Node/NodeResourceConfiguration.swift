import KubernetesAPI

/// What the node keeps back, what it bounds and when it makes room: upstream's kubelet flags of the same names.
package struct NodeResourceConfiguration: Sendable {
  /// `--kube-reserved`, `--system-reserved`: by resource (`cpu`, `memory`, `ephemeral-storage`, `pid`).
  package var kubeReserved: [String: Quantity] = [:]
  package var systemReserved: [String: Quantity] = [:]
  /// `--enforce-node-allocatable=pods`: the pods' cgroup is bounded by what is not reserved.
  package var enforcesNodeAllocatable = true
  /// `--pod-max-pids`; -1: unlimited.
  package var podPidsLimit = -1
  /// Feature gate MemoryQoS (alpha upstream, off): requests become `memory.min`, `memory.high` slows down before the
  /// limit kills.
  package var hasMemoryQoS = false
  package var memoryThrottlingFactor = 0.9

  package var hardThresholds = NodeResourceConfiguration.defaultHardThresholds
  package var softThresholds: [EvictionThreshold] = []
  /// How long a condition stays after its signal has recovered.
  package var pressureTransitionSeconds = 300
  /// The longest grace of pods that a soft threshold evicts.
  package var maximumPodGraceSeconds = 0

  package var imageGarbage = ImageGarbageConfiguration()
  /// Images that stay whatever the disk has left.
  package var pinnedImages: [String] = []

  package init() {}

  package static let defaultHardThresholds = [
    EvictionThreshold(.memoryAvailable, .amount(100 << 20)), EvictionThreshold(.nodefsAvailable, .percentage(10)),
    EvictionThreshold(.nodefsInodesFree, .percentage(5)), EvictionThreshold(.imagefsAvailable, .percentage(15)),
    EvictionThreshold(.imagefsInodesFree, .percentage(5)),
  ]

  package var thresholds: [EvictionThreshold] { hardThresholds + softThresholds }

  /// Gives thresholds of `--eviction-soft` their grace periods, all of them their minimum reclaim.
  package mutating func setEviction(
    hard: String?, soft: String, gracePeriods: String, minimumReclaim: String
  ) throws(EvictionConfigurationError) {
    if let hard { hardThresholds = try EvictionThreshold.list(parsing: hard) }
    let periods = try EvictionThreshold.gracePeriods(parsing: gracePeriods)
    softThresholds = []
    for var threshold in try EvictionThreshold.list(parsing: soft) {
      guard let seconds = periods[threshold.signal] else {
        throw EvictionConfigurationError(
          "grace period must be specified for the soft eviction threshold \(threshold.signal.rawValue)")
      }
      threshold.gracePeriodSeconds = seconds
      softThresholds.append(threshold)
    }
    let reclaims = try EvictionThreshold.minimumReclaims(parsing: minimumReclaim)
    for position in hardThresholds.indices {
      hardThresholds[position].minimumReclaim = reclaims[hardThresholds[position].signal]
    }
    for position in softThresholds.indices {
      softThresholds[position].minimumReclaim = reclaims[softThresholds[position].signal]
    }
  }

  private static let reservableResources: Set<String> = ["cpu", "memory", "ephemeral-storage", "pid"]

  /// `cpu=100m,memory=200Mi`
  package static func reserved(parsing text: String) throws(EvictionConfigurationError) -> [String: Quantity] {
    var reserved: [String: Quantity] = [:]
    for entry in text.split(separator: ",") {
      let parts = entry.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { throw EvictionConfigurationError("'\(entry)' is not of the form resource=quantity") }
      guard reservableResources.contains(parts[0]) else {
        throw EvictionConfigurationError("cannot reserve \"\(parts[0])\" resource")
      }
      guard let amount = try? Quantity(parts[1]).parsed() else {
        throw EvictionConfigurationError("failed to parse quantity \"\(parts[1])\" for \"\(parts[0])\" resource")
      }
      guard amount.nanos >= 0 else {
        throw EvictionConfigurationError("resource quantity for \"\(parts[0])\" cannot be negative: \(parts[1])")
      }
      reserved[parts[0]] = Quantity(amount)
    }
    return reserved
  }
}
