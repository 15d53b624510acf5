import KubernetesAPI

/// The conditions that the node agent owns, with upstream's reasons and messages.
extension StatusCalculator {
  static let ownedConditions = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady"]

  func conditions(
    phase: PodPhase, _ initStatuses: [ContainerStatus], _ statuses: [ContainerStatus]
  ) -> [PodCondition] {
    let containersReady = containersReady(phase: phase, statuses)
    let all = disruption + [
      condition("PodReadyToStartContainers", isTrue: state.isSandboxUp && !isOver),
      initialized(phase: phase),
      ready(containersReady),
      containersReady,
      scheduled,
    ]
    let told = state.pod.status.conditions
    let kept = told.filter { known in !all.contains { $0.type == known.type } }
    let known = former?.conditions ?? told
    return kept + all.map { keepingTransitionTime($0, known) }
  }

  private var disruption: [PodCondition] {
    guard let message = state.disruption?.message else { return [] }
    return [condition("DisruptionTarget", isTrue: true, reason: "TerminationByKubelet", message: message)]
  }

  private var isOver: Bool { state.end != nil && !state.containers.contains(where: \.isRunning) }

  /// The scheduler's condition; a pod that was given its node directly counts as scheduled.
  private var scheduled: PodCondition {
    state.pod.status.conditions.first { $0.type == "PodScheduled" } ?? condition("PodScheduled", isTrue: true)
  }

  private func initialized(phase: PodPhase) -> PodCondition {
    let names = state.containers.filter { $0.role.isInit && !hasDoneItsPart($0) }.map(\.name)
    if phase == .succeeded { return condition("Initialized", isTrue: true, reason: "PodCompleted") }
    if names.isEmpty || state.isInitialized { return condition("Initialized", isTrue: true) }
    return condition(
      "Initialized", isTrue: false, reason: "ContainersNotInitialized",
      message: "containers with incomplete status: [\(names.joined(separator: " "))]")
  }

  private func hasDoneItsPart(_ record: ContainerRecord) -> Bool {
    record.role == .sidecar ? state.isStarted(record) : record.exit?.code == 0
  }

  private func containersReady(phase: PodPhase, _ statuses: [ContainerStatus]) -> PodCondition {
    switch phase {
    case .succeeded: return condition("ContainersReady", isTrue: false, reason: "PodCompleted")
    case .failed: return condition("ContainersReady", isTrue: false, reason: "PodFailed")
    default: break
    }
    let sidecars = state.containers.filter { $0.role == .sidecar && !state.isReady($0) }.map(\.name)
    let unready = sidecars + statuses.filter { !$0.ready }.map { $0.name }
    guard !unready.isEmpty else { return condition("ContainersReady", isTrue: true) }
    return condition(
      "ContainersReady", isTrue: false, reason: "ContainersNotReady",
      message: "containers with unready status: [\(unready.joined(separator: " "))]")
  }

  private func ready(_ containersReady: PodCondition) -> PodCondition {
    guard containersReady.status == .true else {
      var condition = containersReady
      condition.type = "Ready"
      return condition
    }
    let complaints = state.pod.spec.readinessGates.compactMap { gate in complaint(gate.conditionType) }
    guard !complaints.isEmpty else { return condition("Ready", isTrue: true) }
    return condition(
      "Ready", isTrue: false, reason: "ReadinessGatesNotReady", message: complaints.joined(separator: ", "))
  }

  private func complaint(_ type: String) -> String? {
    guard let condition = state.pod.status.conditions.first(where: { $0.type == type }) else {
      return "corresponding condition of pod readiness gate \"\(type)\" does not exist."
    }
    guard condition.status != .true else { return nil }
    return "the status of pod readiness gate \"\(type)\" is not \"True\", but \(condition.status.rawValue)"
  }

  private func condition(_ type: String, isTrue: Bool, reason: String = "", message: String = "") -> PodCondition {
    PodCondition {
      $0.type = type
      $0.status = isTrue ? .true : .false
      $0.reason = reason
      $0.message = message
    }
  }

  private func keepingTransitionTime(_ condition: PodCondition, _ all: [PodCondition]) -> PodCondition {
    var condition = condition
    let known = all.first { $0.type == condition.type }
    let isSame = known?.status == condition.status
    condition.lastTransitionTime = isSame ? known?.lastTransitionTime ?? now : now
    return condition
  }
}
