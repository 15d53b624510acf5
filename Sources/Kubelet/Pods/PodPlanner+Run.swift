import KubernetesAPI

/// Bringing a pod up and keeping it up.
extension PodPlanner {
  mutating func planRunning(now: Timestamp) {
    guard !concludeIfDone(now: now) else { return }
    planResize(now: now)
    guard setUpVolumes(now: now), setUpSandbox(now: now) else { return }
    startEphemeralContainers(now: now)
    guard startInitContainers(now: now) else { return }
    startApplications(now: now)
  }

  /// In the order of the spec; a postStart hook holds up the containers after its own, as upstream's start does.
  private mutating func startApplications(now: Timestamp) {
    for position in state.containers.indices where state.containers[position].role == .application {
      keepUp(position, now: now)
      if isInPostStart(state.containers[position]) { return }
    }
  }

  /// Each of them once, whatever becomes of it.
  private mutating func startEphemeralContainers(now: Timestamp) {
    for position in state.containers.indices {
      let record = state.containers[position]
      guard record.role == .ephemeral, record.current == nil, !record.isStarting else { continue }
      requestStart(position, now: now)
    }
  }

  private func isInPostStart(_ record: ContainerRecord) -> Bool {
    guard state.spec(record.name)?.lifecycle?.postStart != nil else { return false }
    return record.isStarting || record.isRunning && record.postStart != .done
  }

  /// Ends a pod whose containers have done their work or whose initialization has failed for good.
  private mutating func concludeIfDone(now: Timestamp) -> Bool {
    let applications = state.containers.filter { $0.role == .application }
    let isDone = applications.allSatisfy { isDoneForGood($0) } || state.containers.contains { hasFailedInit($0) }
    guard isDone else { return false }
    for position in state.containers.indices { state.containers[position].waiting = nil }
    end(.completed, now: now)
    return true
  }

  private func isDoneForGood(_ record: ContainerRecord) -> Bool {
    guard let exit = record.current?.exit, !record.isStarting else { return false }
    return !state.pod.restartRule.restarts(exitCode: exit.code)
  }

  private func hasFailedInit(_ record: ContainerRecord) -> Bool {
    guard record.role == .initialization, state.pod.restartRule == .never, !record.isStarting else { return false }
    return record.current?.exit.map { $0.code != 0 } ?? false
  }

  private mutating func setUpVolumes(now: Timestamp) -> Bool {
    switch state.volumes {
    case .ready: return true
    case .settingUp, .tearingDown: return false
    case .failed(let retryAt) where retryAt > now:
      wake(at: retryAt)
      return false
    case .absent, .failed:
      state.volumes = .settingUp
      actions.append(.setUpVolumes)
      return false
    }
  }

  private mutating func setUpSandbox(now: Timestamp) -> Bool {
    switch state.sandbox {
    case .ready: return true
    case .starting, .stopping: return false
    case .failed(let retryAt) where retryAt > now:
      wake(at: retryAt)
      return false
    case .absent, .failed:
      state.sandbox = .starting
      actions.append(.startSandbox)
      return false
    }
  }

  /// Takes the init containers one step on; true when the applications may run.
  private mutating func startInitContainers(now: Timestamp) -> Bool {
    let wasInitialized = state.isInitialized
    for position in state.containers.indices where state.containers[position].role.isInit {
      let record = state.containers[position]
      if record.role == .initialization, wasInitialized || record.exit?.code == 0 { continue }
      keepUp(position, now: now)
      if !wasInitialized, record.role == .initialization || !state.isStarted(record) { return false }
    }
    return true
  }

  /// Starts a container that does not run and should.
  private mutating func keepUp(_ position: Int, now: Timestamp) {
    let record = state.containers[position]
    guard !record.isStarting, !record.isRunning else { return }
    guard let exit = record.exit else { return requestStart(position, now: now) }
    guard record.role != .application || state.pod.restartRule.restarts(exitCode: exit.code) else {
      state.containers[position].waiting = nil
      return
    }
    restart(position, exit, now: now)
  }

  private mutating func restart(_ position: Int, _ exit: ContainerExit, now: Timestamp) {
    let record = state.containers[position]
    guard record.countedBackoffID != record.current?.id else { return requestStart(position, now: now) }
    let failedAt = record.exitedAt ?? min(exit.finishedAt, now)
    let retryAt = record.restartBackoff.retryAt(failedAt: failedAt)
    guard retryAt <= now else { return waitOut(position, until: retryAt) }
    state.containers[position].restartBackoff.retried(failedAt: failedAt, now: now)
    state.containers[position].countedBackoffID = record.current?.id
    requestStart(position, now: now)
  }

  private mutating func waitOut(_ position: Int, until retryAt: Timestamp) {
    let record = state.containers[position]
    let delay = GoDuration.text(seconds: record.restartBackoff.delaySeconds)
    state.containers[position].waiting = ContainerRecord.Waiting(
      reason: "CrashLoopBackOff",
      message: "back-off \(delay) restarting failed container=\(record.name) pod=\(state.pod.logName)")
    wake(at: retryAt)
    guard record.announcedBackoffID != record.current?.id else { return }
    state.containers[position].announcedBackoffID = record.current?.id
    note(
      PodNote(
        isWarning: true, "BackOff", "Back-off restarting failed container \(record.name) in pod \(state.pod.logName)",
        container: record.name))
  }

  private mutating func requestStart(_ position: Int, now: Timestamp) {
    guard !holdsBackPull(position, now: now) else { return }
    let record = state.containers[position]
    if let retryAt = record.retryAt, retryAt > now { return wake(at: retryAt) }
    state.containers[position].isStarting = true
    actions.append(.startContainer(name: record.name, attempt: record.nextAttempt))
  }

  /// True while a failed pull waits. The pull's own error stays visible for a moment before the back-off is told.
  private mutating func holdsBackPull(_ position: Int, now: Timestamp) -> Bool {
    let record = state.containers[position]
    guard let failure = record.pullFailure, failure.retryAt > now else { return false }
    wake(at: failure.retryAt)
    guard !failure.isAnnounced else { return true }
    let announceAt = failure.failedAt.adding(seconds: Self.pullErrorShownSeconds)
    guard announceAt <= now else {
      wake(at: announceAt)
      return true
    }
    announcePullBackoff(position, failure)
    return true
  }

  private static let pullErrorShownSeconds = 2

  private mutating func announcePullBackoff(_ position: Int, _ failure: PullFailure) {
    let name = state.containers[position].name
    let summary = "Back-off pulling image \"\(state.spec(name)?.image ?? "")\""
    state.containers[position].pullFailure?.isAnnounced = true
    state.containers[position].waiting = ContainerRecord.Waiting(
      reason: "ImagePullBackOff", message: "\(summary): \(failure.reason): \(failure.message)")
    note(PodNote("BackOff", summary, container: name))
    note(PodNote(isWarning: true, "Failed", "Error: ImagePullBackOff", container: name))
  }
}
