import KubernetesAPI

/// What to do so that the node does not run dry.
package enum EvictionAction: Sendable, Hashable {
  /// An event of the node: a threshold is met.
  case announce(resource: String)
  /// Free what nobody needs (dead containers, unused images), then observe again.
  case reclaim(EvictionSignal)
  case evict(podUID: String, signal: EvictionSignal?, message: String, graceSeconds: Int)
}

/// Decides which conditions the node has and which pod has to go next: a value without clock and I/O, by the rules of
/// upstream's eviction manager. One pod at a time: what it frees is seen before another goes.
package struct EvictionPlanner: Sendable {
  /// What is left to a pod that goes at once.
  static let immediateGraceSeconds = 1
  /// How long an evicted pod may take before the next one goes.
  static let leavingSeconds = 30

  private let configuration: NodeResourceConfiguration
  private var firstMetAt: [EvictionThreshold: Timestamp] = [:]
  /// Thresholds that were met when something was done last: they hold until their minimum reclaim is free as well.
  private var active: [EvictionThreshold] = []
  private var conditionSeenAt: [String: Timestamp] = [:]
  private var lastEvictionAt: Timestamp?
  package private(set) var conditions: Set<String> = []
  /// When to come back at the latest though no signal changes; nil: no need.
  package private(set) var wakeAt: Timestamp?

  package init(_ configuration: NodeResourceConfiguration) { self.configuration = configuration }

  /// The pods' use has to be observed too.
  package func needsPods(_ signals: [EvictionSignal: SignalReading]) -> Bool { !met(signals).isEmpty }

  /// - Parameter hasReclaimed: what nobody needs was freed already for this observation.
  package mutating func handle(
    _ observation: EvictionObservation, now: Timestamp, hasReclaimed: Bool = false
  ) -> [EvictionAction] {
    let met = met(observation.signals)
    firstMetAt = Dictionary(uniqueKeysWithValues: met.map { ($0, firstMetAt[$0] ?? now) })
    setConditions(met, now: now)
    active = met.filter { now >= graceEnd($0, now: now) }
    setWake(met, now: now)
    if isWaitingForPod(observation, now: now) { return [] }
    if let action = storageEviction(observation, now: now) { return [action] }
    guard let threshold = active.min(by: Self.goesBefore) else { return [] }
    return reclaim(threshold, observation, hasReclaimed: hasReclaimed, now: now)
  }

  // MARK: thresholds

  private var thresholds: [EvictionThreshold] {
    var thresholds = configuration.thresholds
    if configuration.enforcesNodeAllocatable,
      var memory = configuration.hardThresholds.first(where: { $0.signal == .memoryAvailable })
    {
      memory.signal = .allocatableMemoryAvailable
      thresholds.append(memory)
    }
    return thresholds
  }

  private func met(_ signals: [EvictionSignal: SignalReading]) -> [EvictionThreshold] {
    thresholds.filter { threshold in
      guard let reading = signals[threshold.signal] else { return false }
      var bound = threshold.value.amount(of: reading.capacity)
      if active.contains(threshold) { bound += threshold.minimumReclaim?.amount(of: reading.capacity) ?? 0 }
      return reading.available < bound
    }
  }

  private func graceEnd(_ threshold: EvictionThreshold, now: Timestamp) -> Timestamp {
    (firstMetAt[threshold] ?? now).adding(seconds: threshold.gracePeriodSeconds)
  }

  /// Memory first: it runs out fastest.
  private static func goesBefore(_ left: EvictionThreshold, _ right: EvictionThreshold) -> Bool {
    rank(left.signal) < rank(right.signal)
  }

  private static func rank(_ signal: EvictionSignal) -> Int { EvictionSignal.allCases.firstIndex(of: signal) ?? 0 }

  // MARK: conditions

  /// A condition stays for the transition period after its signal has recovered, so that it does not flap.
  private mutating func setConditions(_ met: [EvictionThreshold], now: Timestamp) {
    for threshold in met { conditionSeenAt[threshold.signal.condition] = now }
    conditions = Set(conditionSeenAt.filter { now < expiry($0.value) || $0.value == now }.keys)
    conditionSeenAt = conditionSeenAt.filter { conditions.contains($0.key) }
  }

  private func expiry(_ seenAt: Timestamp) -> Timestamp {
    seenAt.adding(seconds: configuration.pressureTransitionSeconds)
  }

  private mutating func setWake(_ met: [EvictionThreshold], now: Timestamp) {
    let graceEnds = met.map { graceEnd($0, now: now) }.filter { $0 > now }
    let expiries = conditionSeenAt.values.filter { $0 < now }.map(expiry)
    wakeAt = (graceEnds + expiries).min()
  }

  // MARK: pods

  private func isWaitingForPod(_ observation: EvictionObservation, now: Timestamp) -> Bool {
    guard let lastEvictionAt, !observation.leaving.isEmpty else { return false }
    return now < lastEvictionAt.adding(seconds: Self.leavingSeconds)
  }

  /// A pod above its own limits goes whatever the node's state.
  private mutating func storageEviction(_ observation: EvictionObservation, now: Timestamp) -> EvictionAction? {
    for use in observation.pods where use.pod.hasStorageLimits && !use.pod.isCritical {
      guard let message = EvictionMessage.storageLimit(use) else { continue }
      return evict(use, nil, message, graceSeconds: Self.immediateGraceSeconds, now: now)
    }
    return nil
  }

  private mutating func reclaim(
    _ threshold: EvictionThreshold, _ observation: EvictionObservation, hasReclaimed: Bool, now: Timestamp
  ) -> [EvictionAction] {
    let signal = threshold.signal
    if signal.condition == "DiskPressure", !hasReclaimed {
      return [.announce(resource: signal.resource), .reclaim(signal)]
    }
    var actions: [EvictionAction] = hasReclaimed ? [] : [.announce(resource: signal.resource)]
    let ranked = EvictionRanking.order(observation.pods, for: signal)
    guard let use = ranked.first(where: { !$0.pod.isCritical }) else { return actions }
    let message = EvictionMessage.node(signal, threshold, observation.signals[signal], use)
    actions.append(evict(use, signal, message, graceSeconds: graceSeconds(threshold, use.pod), now: now))
    return actions
  }

  private func graceSeconds(_ threshold: EvictionThreshold, _ pod: Pod) -> Int {
    guard !threshold.isHard else { return Self.immediateGraceSeconds }
    let own = pod.spec.terminationGracePeriodSeconds ?? 30
    return min(own, max(Self.immediateGraceSeconds, configuration.maximumPodGraceSeconds))
  }

  private mutating func evict(
    _ use: PodUse, _ signal: EvictionSignal?, _ message: String, graceSeconds: Int, now: Timestamp
  ) -> EvictionAction {
    lastEvictionAt = now
    return .evict(podUID: use.pod.uid, signal: signal, message: message, graceSeconds: graceSeconds)
  }
}
