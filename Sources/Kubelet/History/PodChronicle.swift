import KubernetesAPI

/// Watches what a pod's planner is told and decides, and keeps how containers ended: a value without clock or I/O. It
/// decides nothing about the pod.
package struct PodChronicle: Sendable {
  /// So many deaths of one pod are remembered.
  package static let deathLimit = 50
  /// So much of a termination message is, in bytes.
  static let messageLimit = 1024

  /// Oldest first.
  package private(set) var deaths: [DeathRecord] = []
  package private(set) var end: PodEndRecord?
  /// What the agent has begun to do to running instances, by container ID.
  private var kills: [String: KillRecord] = [:]
  private let memoryIsCounted: Bool

  package init(entries: [HistoryEntry] = [], memoryIsCounted: Bool = true) {
    self.memoryIsCounted = memoryIsCounted
    deaths = entries.compactMap(\.death).suffix(Self.deathLimit)
    end = entries.compactMap(\.end).last
  }

  /// Whether a step of the planner has anything for `observe`: most have not.
  package static func concerns(before: PodState, _ actions: [PodAction], after: PodState) -> Bool {
    after.isFinished || actions.contains(where: \.isAboutEnding) || !ended(before, after).isEmpty
  }

  private static func ended(_ before: PodState, _ after: PodState) -> [ContainerRecord] {
    after.containers.filter { record in
      guard let current = record.current, current.exit != nil else { return false }
      let former = before.record(record.name)?.current
      return former?.id != current.id || former?.exit == nil
    }
  }

  /// One step of the planner. `failedProbes` tells what the probes that
  /// failed for good had found, by container ID.
  ///
  /// - Returns: what is new in the record.
  package mutating func observe(
    before: PodState, _ inputs: [PodInput], _ actions: [PodAction], after: PodState, now: Timestamp,
    failedProbes: [String: ProbeTrail] = [:]
  ) -> [HistoryEntry] {
    for action in actions { note(action, after, now, failedProbes) }
    var entries = Self.ended(before, after).map { add(death($0, inputs, actions, after, now: now)) }
    if after.isFinished, !before.isFinished { entries.append(add(Self.end(after, now: now))) }
    return entries
  }

  /// What a new agent finds ended that no agent has recorded.
  package mutating func adopt(_ state: PodState, now: Timestamp) -> [HistoryEntry] {
    // An end that only the API remembers was recorded when it happened, or is older than this record.
    guard !state.keepsStatus else { return [] }
    let known = Set(deaths.map(\.containerID))
    return state.containers.flatMap { record in
      [record.previous, record.current].compactMap { $0 }.filter { $0.exit != nil && !known.contains($0.id) }.map {
        var death = death(of: $0, state)
        death.foundLate = true
        if death.reason == "ContainerStatusUnknown" { death.cause = .lost }
        return add(death)
      }
    }
  }

  private mutating func add(_ death: DeathRecord) -> HistoryEntry {
    deaths.append(death)
    if deaths.count > Self.deathLimit { deaths.removeFirst(deaths.count - Self.deathLimit) }
    return HistoryEntry { $0.death = death }
  }

  private mutating func add(_ end: PodEndRecord) -> HistoryEntry {
    self.end = end
    return HistoryEntry { $0.end = end }
  }
}

// MARK: what the agent does

extension PodChronicle {
  private mutating func note(
    _ action: PodAction, _ state: PodState, _ now: Timestamp, _ failedProbes: [String: ProbeTrail]
  ) {
    let time = MicroTimestamp(now)
    switch action {
    case .record(let note) where note.reason == "Killing":
      guard let record = note.container.flatMap({ state.record($0) }), let id = record.current?.id else { return }
      kills[id] = Self.kill(note, record, state, now, failedProbes[id])
    case .runPreStop(_, let id, _): kills[id]?.preStopTime = time
    case .stopContainer(_, let id): kills[id, default: KillRecord { $0.time = time }].stopSignalTime = time
    case .killContainer(let id):
      var kill = kills[id] ?? KillRecord { $0.time = time }
      // A kill is repeated for what does not die; the first one counts.
      if kill.killTime == nil { kill.killTime = time }
      kills[id] = kill
    default: break
    }
  }

  private static func kill(
    _ note: PodNote, _ record: ContainerRecord, _ state: PodState, _ now: Timestamp, _ trail: ProbeTrail?
  ) -> KillRecord {
    let end = reason(state)
    return KillRecord {
      $0.message = note.message
      $0.time = MicroTimestamp(now)
      $0.graceSeconds = max(0, (record.kill?.graceEnd ?? now).secondsSinceEpoch - now.secondsSinceEpoch)
      if let end {
        $0.podReason = end.reason
        $0.podMessage = end.message
      }
      $0.probe = end == nil ? trail : nil
    }
  }

  /// Why the pod as a whole ends; nil while it does not.
  static func reason(_ state: PodState) -> (reason: String, message: String)? {
    guard let end = state.end else { return nil }
    switch end {
    case .deleted: return ("Deleted", disruption(state.pod))
    case .completed: return ("Completed", "")
    case .shutDown: return state.disruption
    default:
      let status = StatusCalculator(state, hostIP: "", now: .zero).status()
      return (status.reason, status.message)
    }
  }

  /// Who had the pod deleted, where its DisruptionTarget condition says it (preemption, taints, the eviction API).
  private static func disruption(_ pod: Pod) -> String {
    let condition = pod.status.conditions.first { $0.type == "DisruptionTarget" && $0.status == .true }
    guard let condition else { return "" }
    return condition.message.isEmpty ? condition.reason : "\(condition.reason): \(condition.message)"
  }

  private static func end(_ state: PodState, now: Timestamp) -> PodEndRecord {
    let reason = reason(state)
    return PodEndRecord {
      $0.time = MicroTimestamp(now)
      $0.reason = reason?.reason ?? ""
      $0.message = reason?.message ?? ""
    }
  }
}

// MARK: deaths

extension PodChronicle {
  private mutating func death(
    _ record: ContainerRecord, _ inputs: [PodInput], _ actions: [PodAction], _ state: PodState, now: Timestamp
  ) -> DeathRecord {
    guard let container = record.current else { return DeathRecord() }
    var death = death(of: container, state)
    if let kill = kills.removeValue(forKey: container.id) {
      death.kill = kill
      death.cause = Self.cause(kill, death)
    }
    if record.isStale, death.signal == 9, container.exit?.reason.isEmpty == true {
      death.cause = .sandboxDied
      death.message = Self.lostSandbox(inputs) ?? death.message
    }
    Self.follow(&death, record, actions, state, now: now)
    return death
  }

  private static func lostSandbox(_ inputs: [PodInput]) -> String? {
    for case .sandboxDied(let reason) in inputs { return reason }
    return nil
  }

  /// What the instance itself tells.
  private func death(of container: ObservedContainer, _ state: PodState) -> DeathRecord {
    let exit = container.exit ?? ContainerExit(code: 0, startedAt: .zero, finishedAt: .zero)
    return DeathRecord {
      $0.container = container.name
      $0.containerID = container.id
      $0.attempt = container.attempt
      $0.startTime = exit.startedAt == .zero ? nil : MicroTimestamp(exit.startedAt)
      $0.finishTime = MicroTimestamp(exit.finishedAt)
      $0.exitCode = exit.code
      $0.signal = exit.signal
      $0.reason = StatusCalculator.reason(exit)
      $0.message = String(decoding: Array(exit.message.utf8.prefix(Self.messageLimit)), as: UTF8.self)
      $0.cause = Self.cause(exit)
      $0.ownProcesses = !(state.pod.spec.shareProcessNamespace ?? false) && !state.pod.spec.hostPID
      $0.memoryCounted = memoryIsCounted
      $0.memory = exit.outOfMemory.map(MemoryDeath.init)
    }
  }

  private static func cause(_ exit: ContainerExit) -> DeathCause {
    if exit.isOutOfMemory { return .outOfMemory }
    if exit.reason == "StartError" || exit.reason == "ContainerCannotRun" { return .startFailed }
    return exit.signal == nil ? .exited : .signalled
  }

  /// The kernel may be quicker than the agent: memory stays the cause of what the agent was about to end.
  private static func cause(_ kill: KillRecord, _ death: DeathRecord) -> DeathCause {
    if death.cause == .outOfMemory { return .outOfMemory }
    if kill.stopSignalTime == nil, kill.killTime == nil { return death.cause }
    if let probe = kill.probe { return probe.kind == ProbeWorker.Kind.startup.rawValue ? .startupProbe : .livenessProbe }
    switch kill.podReason {
    case "": return .agent
    case "Deleted": return .podDeleted
    case "Completed": return .agent
    default: return .podEnded
    }
  }

  private static func follow(
    _ death: inout DeathRecord, _ record: ContainerRecord, _ actions: [PodAction], _ state: PodState, now: Timestamp
  ) {
    let isStarted = record.isStarting || actions.contains { action in
      if case .startContainer(record.name, _) = action { true } else { false }
    }
    if state.end != nil {
      death.sequel = .podEnds
    } else if isStarted {
      death.sequel = .restartedAtOnce
    } else if record.waiting?.reason == "CrashLoopBackOff" {
      death.sequel = .restartedLater
      death.backoffSeconds = record.restartBackoff.delaySeconds
      death.nextAttemptTime = record.nextAttemptAt.map { MicroTimestamp($0) }
    } else if record.role == .application, !state.pod.restartRule.restarts(exitCode: death.exitCode) {
      death.sequel = .notRestarted
    }
  }
}

extension ContainerRecord {
  /// When a container that waits out its back-off, or a failed pull or start, is tried again.
  var nextAttemptAt: Timestamp? {
    switch waiting?.reason {
    case "CrashLoopBackOff": current?.exit.map { restartBackoff.retryAt(failedAt: exitedAt ?? $0.finishedAt) }
    case nil: nil
    default: pullFailure?.retryAt ?? retryAt
    }
  }
}

extension PodAction {
  fileprivate var isAboutEnding: Bool {
    switch self {
    case .record(let note): note.reason == "Killing"
    case .runPreStop, .stopContainer, .killContainer: true
    default: false
    }
  }
}
