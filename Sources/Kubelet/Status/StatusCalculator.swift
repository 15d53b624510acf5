import KubernetesAPI

/// Works out a pod's status from what its planner knows: pure, in upstream's terms (pkg/kubelet, generateAPIPodStatus).
package struct StatusCalculator {
  let state: PodState
  let hostIP: String
  let now: Timestamp
  /// What was worked out last, which the API may not have yet: a condition that has not changed since keeps its time.
  let former: PodStatus?

  package init(_ state: PodState, hostIP: String, now: Timestamp, former: PodStatus? = nil) {
    self.state = state
    self.hostIP = hostIP
    self.now = now
    self.former = former
  }

  package func status() -> PodStatus {
    guard !state.keepsStatus else { return state.pod.status }
    if case .rejected(let reason, let message) = state.end {
      return rejected(reason, "Pod was rejected: \(message)")
    }
    let initStatuses = statuses(\.isInit)
    let statuses = statuses { $0 == .application }
    let phase = phase()
    return PodStatus {
      $0.phase = phase
      $0.startTime = state.startTime
      $0.qosClass = state.pod.qosClass
      $0.hostIP = hostIP
      $0.hostIPs = [HostIP { $0.ip = hostIP }]
      if let address = addresses.first {
        $0.podIP = address
        $0.podIPs = addresses.map { address in PodIP { $0.ip = address } }
      }
      if state.end == .deadlineExceeded {
        $0.reason = "DeadlineExceeded"
        $0.message = PodPlanner.deadlineMessage
      }
      if let (reason, message) = state.disruption, phase == .failed {
        $0.reason = reason
        $0.message = message
      }
      $0.initContainerStatuses = initStatuses
      $0.containerStatuses = statuses
      $0.resize = state.resize.status
      $0.ephemeralContainerStatuses = self.statuses { $0 == .ephemeral }
      $0.conditions = conditions(phase: phase, initStatuses, statuses)
    }
  }

  private func rejected(_ reason: String, _ message: String) -> PodStatus {
    PodStatus {
      $0.phase = .failed
      $0.reason = reason
      $0.message = message
      $0.startTime = state.startTime
      $0.qosClass = state.pod.qosClass
    }
  }

  /// A pod on the host's network has the host's address from the start.
  private var addresses: [String] {
    if state.pod.spec.hostNetwork { return state.isSandboxUp || state.end != nil ? [hostIP] : [] }
    // An ended pod keeps the address in its status, as upstream does.
    return state.addresses.isEmpty && state.end != nil ? state.pod.status.podIPs.map { $0.ip } : state.addresses
  }
}

// MARK: phase

extension StatusCalculator {
  private func phase() -> PodPhase {
    if let terminal = terminalPhase() { return terminal }
    if state.end == .deadlineExceeded { return .failed }
    if state.disruption != nil, !state.containers.contains(where: { $0.isRunning || $0.isStarting }) { return .failed }
    let applications = state.containers.filter { $0.role == .application }
    if !state.isInitialized { return initFailed || isGone ? .failed : .pending }
    if applications.contains(where: { $0.current == nil }) { return isGone ? .failed : .pending }
    if applications.contains(where: \.isRunning) { return .running }
    return stoppedPhase(applications)
  }

  /// A pod that reached its end stays there.
  private func terminalPhase() -> PodPhase? {
    let known = state.pod.status.phase
    return known == .succeeded || known == .failed ? known : nil
  }

  private var initFailed: Bool {
    state.pod.restartRule == .never || state.end != nil
      ? state.containers.contains { $0.role == .initialization && ($0.current?.exit?.code ?? 0) != 0 } : false
  }

  /// No application runs, and each has run.
  private func stoppedPhase(_ applications: [ContainerRecord]) -> PodPhase {
    let haveAllSucceeded = applications.allSatisfy { $0.current?.exit?.code == 0 }
    let isOver = state.end != nil && !state.containers.contains { $0.isRunning || $0.isStarting }
    if isOver { return haveAllSucceeded ? .succeeded : .failed }
    switch state.pod.restartRule {
    case .always: return .running
    case .onFailure: return haveAllSucceeded && !hasRunningSidecar ? .succeeded : .running
    case .never: return hasRunningSidecar ? .running : haveAllSucceeded ? .succeeded : .failed
    }
  }

  private var hasRunningSidecar: Bool { state.containers.contains { $0.role == .sidecar && $0.isRunning } }
}

// MARK: containers

extension StatusCalculator {
  private func statuses(_ includes: (ContainerRecord.Role) -> Bool) -> [ContainerStatus] {
    state.containers.filter { includes($0.role) }.map { containerStatus($0).ended(isKnown: !isUnaccounted($0)) }
  }

  /// The pod is over and this container has no end to tell, though it was to have run.
  private func isUnaccounted(_ record: ContainerRecord) -> Bool {
    guard isGone, record.current == nil else { return false }
    return record.role.isInit ? hasLaterStarted(record) : hasInitialized
  }

  /// Nothing of the pod runs any more, nor will it.
  private var isGone: Bool {
    state.end != nil && state.sandbox == .absent && !state.containers.contains { $0.isRunning || $0.isStarting }
  }

  private var hasInitialized: Bool {
    state.containers.contains { $0.role == .application && $0.current != nil } || state.isInitialized
      || !state.containers.contains { $0.role.isInit }
  }

  private func hasLaterStarted(_ record: ContainerRecord) -> Bool {
    guard let position = state.containers.firstIndex(where: { $0.name == record.name }) else { return false }
    return state.containers[(position + 1)...].contains { $0.current != nil }
  }

  /// The last words of all containers together are bounded, as upstream bounds them.
  private static let messageLimit = 12 << 10

  private func bounded(_ message: String) -> String {
    let limit = Self.messageLimit / max(1, state.containers.count)
    return message.utf8.count <= limit ? message : String(decoding: Array(message.utf8.prefix(limit)), as: UTF8.self)
  }

  private func containerStatus(_ record: ContainerRecord) -> ContainerStatus {
    let (current, last) = states(record)
    let newest = record.current.flatMap { $0.hasRun ? $0 : nil }
    return ContainerStatus {
      $0.name = record.name
      $0.state = current
      $0.lastState = last
      $0.ready = isReady(record)
      $0.restartCount = record.current?.attempt ?? 0
      $0.image = record.imageNames?.image ?? state.spec(record.name)?.image ?? ""
      $0.imageID = record.imageNames?.imageID ?? ""
      $0.containerID = newest.map { Self.identifier($0.id) } ?? ""
      $0.started = state.isStarted(record)
      // What a container has that asks for nothing goes without saying.
      if let amounts = record.allocated, !amounts.requests.isEmpty || !amounts.limits.isEmpty {
        $0.allocatedResources = amounts.requests
        $0.resources = amounts
      }
    }
  }

  private func isReady(_ record: ContainerRecord) -> Bool {
    switch record.role {
    case .initialization: record.exit?.code == 0
    case .ephemeral: false
    case .sidecar, .application: state.isReady(record)
    }
  }

  private func states(_ record: ContainerRecord) -> (current: ContainerState, last: ContainerState) {
    let former = record.previous?.exit.map { terminated($0, record.previous) } ?? record.recoveredLastState
    switch record.current?.state {
    case .running(let startedAt):
      return (
        ContainerState { $0.running = ContainerStateRunning { $0.startedAt = startedAt } }, former ?? ContainerState()
      )
    case .exited(let exit):
      let ended = terminated(exit, record.current)
      guard let waiting = record.waiting, state.end == nil else { return staleOr(ended, former, record) }
      return (Self.waiting(waiting.reason, waiting.message), ended)
    case nil:
      let waiting = record.waiting.map { Self.waiting($0.reason, $0.message) }
      return (waiting ?? defaultWaiting, former ?? ContainerState())
    }
  }

  /// An instance of a lost sandbox that is to be started anew waits; its end is its last state.
  private func staleOr(
    _ ended: ContainerState, _ former: ContainerState?, _ record: ContainerRecord
  ) -> (ContainerState, ContainerState) {
    let waitsForSandbox = record.isStale && state.end == nil
    return waitsForSandbox ? (defaultWaiting, ended) : (ended, former ?? ContainerState())
  }

  private var defaultWaiting: ContainerState {
    let hasInit = state.containers.contains { $0.role.isInit }
    return Self.waiting(hasInit ? "PodInitializing" : "ContainerCreating", "")
  }

  private static func waiting(_ reason: String, _ message: String) -> ContainerState {
    ContainerState {
      $0.waiting = ContainerStateWaiting {
        $0.reason = reason
        $0.message = message
      }
    }
  }

  private func terminated(_ exit: ContainerExit, _ container: ObservedContainer?) -> ContainerState {
    ContainerState {
      $0.terminated = ContainerStateTerminated {
        $0.exitCode = exit.code
        $0.signal = exit.signal ?? 0
        $0.reason = Self.reason(exit)
        $0.message = bounded(exit.message)
        $0.startedAt = exit.startedAt
        $0.finishedAt = exit.finishedAt
        $0.containerID = container.map { $0.hasRun ? Self.identifier($0.id) : "" } ?? ""
      }
    }
  }

  static func reason(_ exit: ContainerExit) -> String {
    if !exit.reason.isEmpty { return exit.reason }
    if exit.isOutOfMemory { return "OOMKilled" }
    return exit.code == 0 ? "Completed" : "Error"
  }

  static func identifier(_ id: String) -> String { "swiftlet://\(id)" }
}

extension View where Fields == ContainerStatusFields {
  /// What is left to say of a container of a pod that is over when nobody saw how it ended.
  fileprivate func ended(isKnown: Bool) -> ContainerStatus {
    guard !isKnown, self.state.terminated == nil else { return self }
    var status = self
    status.state = ContainerState {
      $0.terminated = ContainerStateTerminated {
        $0.exitCode = 137
        $0.reason = "ContainerStatusUnknown"
        $0.message = "The container could not be located when the pod was terminated"
      }
    }
    return status
  }
}
