import KubernetesAPI

/// Ending containers and pods.
extension PodPlanner {
  /// What a process gets between its stop signal and its death even where no grace is left, in seconds.
  static let minimumGraceSeconds = 2
  /// How often a kill is repeated for a container that does not die (a process in uninterruptible sleep), in seconds.
  static let killRetrySeconds = 10

  mutating func beginKill(_ position: Int, message: String, graceSeconds: Int, now: Timestamp) {
    let record = state.containers[position]
    guard let container = record.current, container.isRunning, record.kill == nil else { return }
    note(PodNote("Killing", message, container: record.name))
    let graceEnd = now.adding(seconds: graceSeconds)
    state.containers[position].kill = ContainerKill(phase: .preStop, deadline: graceEnd, graceEnd: graceEnd)
    guard graceSeconds > 0, state.spec(record.name)?.lifecycle?.preStop != nil else {
      return signalInTurn(position, now: now)
    }
    actions.append(.runPreStop(name: record.name, id: container.id, timeoutSeconds: graceSeconds))
    wake(at: graceEnd)
  }

  /// The hook is over: the stop signal, at once or when the containers that this one serves have ended.
  mutating func signalInTurn(_ position: Int, now: Timestamp) {
    guard let kill = state.containers[position].kill, !isTurn(of: position), now < kill.graceEnd else {
      return signal(position, now: now)
    }
    state.containers[position].kill?.phase = .turn
    state.containers[position].kill?.deadline = kill.graceEnd
    wake(at: kill.graceEnd)
  }

  /// In a pod that ends, sidecars wait for everything else and for the sidecars after them.
  private func isTurn(of position: Int) -> Bool {
    guard state.end != nil, state.containers[position].role == .sidecar else { return true }
    return state.containers.indices.allSatisfy { other in
      let record = state.containers[other]
      let isServed = record.role == .sidecar ? other > position : true
      return !isServed || other == position || !(record.isRunning || record.isStarting)
    }
  }

  /// The stop signal; the hook is over or has used up its time.
  mutating func signal(_ position: Int, now: Timestamp) {
    let record = state.containers[position]
    guard let container = record.current, let kill = record.kill else { return }
    let deadline = max(kill.graceEnd, now.adding(seconds: Self.minimumGraceSeconds))
    state.containers[position].kill?.phase = .signalled
    state.containers[position].kill?.deadline = deadline
    actions.append(.stopContainer(name: record.name, id: container.id))
    wake(at: deadline)
  }

  /// Takes each kill whose deadline has passed one phase on.
  mutating func driveKills(now: Timestamp) {
    for position in state.containers.indices where state.containers[position].isRunning {
      guard let kill = state.containers[position].kill, let id = state.containers[position].current?.id else {
        continue
      }
      guard kill.deadline <= now || kill.phase == .turn && isTurn(of: position) else {
        wake(at: kill.deadline)
        continue
      }
      guard kill.phase != .preStop, kill.phase != .turn else {
        signal(position, now: now)
        continue
      }
      actions.append(.killContainer(id: id))
      // SIGKILL does not wait: what lives after it is held by the kernel, and the user is to know by what.
      if kill.phase == .killed { actions.append(.explainSurvival(name: state.containers[position].name, id: id)) }
      state.containers[position].kill?.phase = .killed
      state.containers[position].kill?.deadline = now.adding(seconds: Self.killRetrySeconds)
      wake(at: now.adding(seconds: Self.killRetrySeconds))
    }
  }

  /// The containers (signals go to applications first, then to sidecars from the last to the first, within one grace),
  /// then the sandbox, then the volumes.
  mutating func planEnd(now: Timestamp) {
    cancelStarts()
    stopContainers(now: now)
    guard !state.containers.contains(where: { $0.isRunning || $0.isStarting }) else { return }
    guard stopSandbox(now: now), tearDownVolumes() else { return }
    guard state.end == .deleted else { return }
    state.isFinished = true
    actions.append(.finish(deletesObject: !state.isRemoved))
  }

  private mutating func cancelStarts() {
    guard !state.hasCancelledStarts, state.containers.contains(where: \.isStarting) else { return }
    state.hasCancelledStarts = true
    actions.append(.cancelStarts)
  }

  private mutating func stopContainers(now: Timestamp) {
    for position in state.containers.indices { stop(position, now: now) }
  }

  /// Begins the end of one container, or shortens it when less grace is left than it was given.
  private mutating func stop(_ position: Int, now: Timestamp) {
    let graceEnd = (state.endedAt ?? now).adding(seconds: endGraceSeconds)
    guard let kill = state.containers[position].kill else {
      let grace = max(0, graceEnd.secondsSinceEpoch - now.secondsSinceEpoch)
      let name = state.containers[position].name
      return beginKill(position, message: "Stopping container \(name)", graceSeconds: grace, now: now)
    }
    guard kill.phase != .killed, graceEnd < kill.graceEnd else { return }
    state.containers[position].kill?.graceEnd = graceEnd
    let isSignalled = kill.phase == .signalled
    let deadline = max(graceEnd, now.adding(seconds: isSignalled ? Self.minimumGraceSeconds : 0))
    state.containers[position].kill?.deadline = min(kill.deadline, deadline)
    wake(at: min(kill.deadline, deadline))
  }

  private var endGraceSeconds: Int {
    let configured = state.pod.spec.terminationGracePeriodSeconds ?? 30
    // An object that is gone while its containers run was deleted by force.
    if state.isRemoved { return 0 }
    if case .evicted(_, let graceSeconds) = state.end { return min(graceSeconds, configured) }
    if case .shutDown(let graceSeconds) = state.end { return min(graceSeconds, configured) }
    guard state.end == .deleted else { return configured }
    return state.pod.metadata.deletionGracePeriodSeconds ?? configured
  }

  private mutating func stopSandbox(now: Timestamp) -> Bool {
    switch state.sandbox {
    case .absent: return true
    case .starting, .stopping: return false
    case .failed(let retryAt) where retryAt > now && state.setUpFailures > 0:
      wake(at: retryAt)
      return false
    case .ready, .failed:
      state.sandbox = .stopping
      actions.append(.stopSandbox)
      return false
    }
  }

  private mutating func tearDownVolumes() -> Bool {
    switch state.volumes {
    case .absent: return true
    case .settingUp, .tearingDown: return false
    case .ready, .failed:
      state.volumes = .tearingDown
      actions.append(.tearDownVolumes)
      return false
    }
  }
}
