import KubernetesAPI

/// Taking in what has happened; deciding comes after.
extension PodPlanner {
  mutating func take(_ input: PodInput, now: Timestamp) {
    switch input {
    case .updated(let pod): update(pod, now: now)
    case .removed:
      state.isRemoved = true
      if state.end != .deleted { end(.deleted, now: now) }
    case .volumesReady:
      state.volumes = .ready
      state.setUpFailures = 0
    case .volumesFailed(let messages): volumesFailed(messages, now: now)
    case .sandboxStarted(_, let addresses):
      // One that died while it was being made is on its way out already.
      guard state.sandbox == .starting else { return }
      state.sandbox = .ready
      state.addresses = addresses
      state.setUpFailures = 0
    case .sandboxFailed(let message): sandboxFailed(message, now: now)
    case .sandboxDied(let reason): sandboxDied(reason, now: now)
    case .sandboxStopped:
      state.sandbox = .absent
      state.addresses = []
    case .volumesTornDown: state.volumes = .absent
    case .sourcesChanged: retryConfiguration(now: now)
    case .resizeReviewed(let verdict, let wanted): takeVerdict(verdict, of: wanted, now: now)
    case .resized(let names, let failure): resized(names, failure: failure, now: now)
    case .roomFreed: reconsiderResize()
    case .evicted(let message, let graceSeconds): evict(message, graceSeconds: graceSeconds, now: now)
    case .machineGoesDown(let graceSeconds):
      if state.end == nil { end(.shutDown(graceSeconds: graceSeconds), now: now) }
    case .wake: break
    default: takeContainerInput(input, now: now)
    }
  }

  private mutating func takeContainerInput(_ input: PodInput, now: Timestamp) {
    switch input {
    case .started(let container, let names): started(container, names, now: now)
    case .startFailed(let name, let failure): startFailed(name, failure, now: now)
    case .exited(let container): exited(container, now: now)
    case .postStartFinished(let id, let failure): postStartFinished(id, failure, now: now)
    case .preStopFinished(let id):
      guard let position = position(id: id), state.containers[position].kill?.phase == .preStop else { return }
      signalInTurn(position, now: now)
    case .probed(let id, let kind, let result): probed(id, kind, result, now: now)
    default: break
    }
  }

  private mutating func update(_ pod: Pod, now: Timestamp) {
    guard !state.isFinished else { return }
    let former = state.pod
    state.pod = pod
    state.adoptAddedContainers()
    if former.spec != pod.spec { state.compareResources() }
    if pod.metadata.deletionTimestamp != nil {
      if state.end != .deleted { end(.deleted, now: now) }
      return
    }
    for position in state.containers.indices where state.end == nil {
      let name = state.containers[position].name
      guard former.container(name)?.image != pod.container(name)?.image else { continue }
      state.containers[position].pullFailure = nil
      state.containers[position].retryAt = nil
      beginKill(
        position, message: "Container \(name) definition changed, will be restarted",
        graceSeconds: pod.spec.terminationGracePeriodSeconds ?? 30, now: now)
    }
  }

  private mutating func evict(_ message: String, graceSeconds: Int, now: Timestamp) {
    guard state.end == nil else { return }
    end(.evicted(message: message, graceSeconds: graceSeconds), now: now)
    note(PodNote(isWarning: true, PodPlanner.evictedReason, message))
  }

  static let evictedReason = "Evicted"
  static let shutdownReason = "Terminated"
  static let shutdownMessage = "Pod was terminated in response to imminent node shutdown."

  // MARK: volumes and sandbox

  private mutating func volumesFailed(_ messages: [String], now: Timestamp) {
    state.setUpFailures += 1
    let delay = min(1 << min(state.setUpFailures - 1, 10), 122)
    state.volumes = .failed(retryAt: now.adding(seconds: delay))
    for message in messages { note(PodNote(isWarning: true, "FailedMount", message)) }
  }

  private mutating func sandboxFailed(_ message: String, now: Timestamp) {
    state.setUpFailures += 1
    state.sandbox = .failed(retryAt: now.adding(seconds: min(1 << min(state.setUpFailures - 1, 10), 30)))
    guard state.end == nil else { return }
    note(PodNote(isWarning: true, "FailedCreatePodSandBox", "Failed to create pod sandbox: \(message)"))
  }

  /// The sandbox took its containers with it: what ran has ended, and what is to run starts from the beginning.
  private mutating func sandboxDied(_ reason: String, now: Timestamp) {
    guard state.sandbox == .ready || state.sandbox == .starting else { return }
    for position in state.containers.indices {
      if let current = state.containers[position].current, current.isRunning {
        state.containers[position].current = current.lost(at: now, reason: reason)
        state.containers[position].exitedAt = now
        state.containers[position].kill = nil
      }
      state.containers[position].isStale = state.containers[position].current != nil
      state.containers[position].isStartVoid = state.containers[position].isStarting
    }
    state.sandbox = .stopping
    actions.append(.stopSandbox)
    guard state.end == nil else { return }
    note(PodNote("SandboxChanged", "Pod sandbox changed, it will be killed and re-created."))
  }

  /// What failed for want of a ConfigMap or Secret is tried again at once.
  private mutating func retryConfiguration(now: Timestamp) {
    if case .failed = state.volumes { state.volumes = .failed(retryAt: now) }
    for position in state.containers.indices where state.containers[position].waiting?.reason == Self.configError {
      state.containers[position].retryAt = nil
    }
  }

  static let configError = "CreateContainerConfigError"

  // MARK: containers

  private func position(id: String) -> Int? { state.containers.firstIndex { $0.current?.id == id } }

  private func position(name: String) -> Int? { state.containers.firstIndex { $0.name == name } }

  private mutating func started(_ container: ObservedContainer, _ names: ImageNames, now: Timestamp) {
    guard let position = position(name: container.name) else { return }
    let isVoid = state.containers[position].isStartVoid
    state.containers[position].isStarting = false
    state.containers[position].isStartVoid = false
    state.containers[position].imageNames = names
    state.containers[position].pullFailure = nil
    guard state.containers[position].current?.id != container.id else { return }
    adopt(isVoid ? container.lost(at: now, reason: "") : container, position)
    state.containers[position].isStale = isVoid
  }

  /// An instance that is new to us, running or (when its exit was quicker than its start's answer) ended.
  private mutating func adopt(_ container: ObservedContainer, _ position: Int) {
    let name = container.name
    if let superfluous = state.containers[position].replace(with: container) {
      actions.append(.removeContainer(name: name, id: superfluous.id, attempt: superfluous.attempt))
    }
    guard container.isRunning else { return }
    let hasHook = state.spec(name)?.lifecycle?.postStart != nil
    state.containers[position].postStart = hasHook ? .running : .done
    if hasHook { actions.append(.runPostStart(name: name, id: container.id)) }
  }

  private mutating func exited(_ container: ObservedContainer, now: Timestamp) {
    guard let position = position(name: container.name), !container.isRunning else { return }
    let record = state.containers[position]
    if let current = record.current, current.id == container.id {
      guard current.isRunning else { return }
      state.containers[position].current = container
      state.containers[position].kill = nil
      state.containers[position].exitedAt = now
    } else if record.isStarting, container.attempt >= record.nextAttempt {
      adopt(container, position)
      state.containers[position].exitedAt = now
    }
  }

  private mutating func startFailed(_ name: String, _ failure: StartFailure, now: Timestamp) {
    guard let position = position(name: name) else { return }
    state.containers[position].isStarting = false
    state.containers[position].isStartVoid = false
    switch failure {
    case .cancelled: break
    case .image(let reason, let message, let backsOff):
      imageFailed(position, reason, message, backsOff: backsOff, now: now)
    case .configuration(let message): hold(position, Self.configError, message, now: now)
    case .create(let error): hold(position, error.reason, error.message, now: now)
    case .run(let error): startError(position, error, now: now)
    }
  }

  private mutating func hold(_ position: Int, _ reason: String, _ message: String, now: Timestamp) {
    state.containers[position].waiting = ContainerRecord.Waiting(reason: reason, message: message)
    state.containers[position].retryAt = now.adding(seconds: Self.retrySeconds)
    note(PodNote(isWarning: true, "Failed", "Error: \(message)", container: state.containers[position].name))
  }

  /// How soon something that failed before a container existed is looked at again (upstream's pod worker back-off).
  private static let retrySeconds = 10

  private mutating func imageFailed(
    _ position: Int, _ reason: String, _ message: String, backsOff: Bool, now: Timestamp
  ) {
    let name = state.containers[position].name
    note(PodNote(isWarning: true, "Failed", "Error: \(reason)", container: name))
    state.containers[position].waiting = ContainerRecord.Waiting(reason: reason, message: message)
    guard backsOff else {
      state.containers[position].retryAt = now.adding(seconds: Self.retrySeconds)
      return
    }
    state.containers[position].pullBackoff.retried(failedAt: now, now: now)
    let retryAt = state.containers[position].pullBackoff.retryAt(failedAt: now)
    state.containers[position].pullFailure = PullFailure(
      message: message, reason: reason, failedAt: now, retryAt: retryAt)
  }

  /// What containerd reports for every container that could not be started, whatever the reason.
  private static let startErrorCode = 128

  /// The instance was made and never ran: it counts as one that exited.
  private mutating func startError(_ position: Int, _ error: ContainerStartError, now: Timestamp) {
    let record = state.containers[position]
    var exit = ContainerExit(code: Self.startErrorCode, startedAt: .zero, finishedAt: now)
    exit.reason = "StartError"
    exit.message = error.message
    let id = error.container?.id ?? "\(ObservedContainer.unstartedPrefix)\(record.nextAttempt)"
    // The runtime may have told the exit before the start's answer came.
    if record.current?.id != id {
      adopt(
        ObservedContainer(
          id: id, podUID: state.pod.uid, name: record.name, attempt: record.nextAttempt, imageID: "",
          state: .exited(exit)), position)
    }
    state.containers[position].current?.state = .exited(exit)
    state.containers[position].exitedAt = now
    state.containers[position].waiting = ContainerRecord.Waiting(reason: error.reason, message: error.message)
    note(PodNote(isWarning: true, "Failed", "Error: \(error.message)", container: record.name))
  }

  private mutating func postStartFinished(_ id: String, _ failure: String?, now: Timestamp) {
    guard let position = position(id: id) else { return }
    state.containers[position].postStart = .done
    guard failure != nil else { return }
    // Upstream keeps what the hook said out of the event, so that no secret gets there.
    note(
      PodNote(
        isWarning: true, "FailedPostStartHook", "PostStartHook failed", container: state.containers[position].name))
    beginKill(
      position, message: "FailedPostStartHook", graceSeconds: state.pod.spec.terminationGracePeriodSeconds ?? 30,
      now: now)
  }

  private mutating func probed(
    _ id: String, _ kind: ProbeWorker.Kind, _ result: ProbeWorker.Result, now: Timestamp
  ) {
    guard let position = position(id: id), state.containers[position].isRunning else { return }
    switch kind {
    case .readiness: state.containers[position].readinessResult = result
    case .startup: state.containers[position].startupResult = result
    case .liveness: break
    }
    guard kind != .readiness, result == .failure, state.end == nil else { return }
    let name = state.containers[position].name
    let spec = state.spec(name)
    let probe = kind == .startup ? spec?.startupProbe : spec?.livenessProbe
    let isRestarted = state.pod.restartRule != .never || state.containers[position].role == .sidecar
    let grace = probe?.terminationGracePeriodSeconds ?? state.pod.spec.terminationGracePeriodSeconds ?? 30
    beginKill(
      position,
      message: "Container \(name) failed \(kind.rawValue.lowercased()) probe"
        + (isRestarted ? ", will be restarted" : ""),
      graceSeconds: grace, now: now)
  }
}

extension ObservedContainer {
  /// Marks the id of an instance that the runtime made and gave up before its program ran.
  static let unstartedPrefix = "unstarted-"

  var hasRun: Bool { !id.hasPrefix(Self.unstartedPrefix) }

  /// What is left of a running instance whose sandbox is gone.
  func lost(at now: Timestamp, reason: String) -> ObservedContainer {
    guard case .running(let startedAt) = state else { return self }
    var exit = ContainerExit(code: 137, signal: 9, startedAt: startedAt, finishedAt: now)
    exit.message = reason
    var container = self
    container.state = .exited(exit)
    return container
  }
}
