import KubernetesAPI

extension PodState {
  /// A pod that this agent finds: what lives on the node (`observed`) and what the API object remembers make its state
  /// again. Nothing that runs is touched for it.
  package init(
    recovering pod: Pod, observed: ObservedPod?, addresses: [String], now: Timestamp, maximumDelaySeconds: Int = 300
  ) {
    self.init(pod: pod, now: now, maximumDelaySeconds: maximumDelaySeconds)
    self.addresses = addresses
    let isSandboxUp = observed?.sandbox != nil
    // A sandbox that nothing was started in, or that has no address, may be half made: it is made again over what is
    // there, which changes nothing where all is well.
    let isWhole = observed?.containers.isEmpty == false && (pod.spec.hostNetwork || !addresses.isEmpty)
    if isSandboxUp { sandbox = isWhole || pod.metadata.deletionTimestamp != nil ? .ready : .absent }
    // Volumes are set up again over what is there; a pod that is going has them torn down.
    if pod.metadata.deletionTimestamp != nil {
      volumes = .ready
      if !isSandboxUp { sandbox = .failed(retryAt: now) }
      end = .deleted
      endedAt = now
    }
    let isOver = pod.status.phase == .succeeded || pod.status.phase == .failed
    if isOver, !isSandboxUp {
      keepsStatus = true
      if end == nil { end = .completed }
      return
    }
    recoverContainers(observed, isSandboxUp: isSandboxUp, now: now)
    recoverResources()
  }

  private mutating func recoverContainers(_ observed: ObservedPod?, isSandboxUp: Bool, now: Timestamp) {
    let statuses = Dictionary(
      (pod.status.initContainerStatuses + pod.status.containerStatuses + pod.status.ephemeralContainerStatuses).map {
        ($0.name, $0)
      }, uniquingKeysWith: { $1 })
    for position in containers.indices {
      let name = containers[position].name
      let instances = (observed?.containers ?? []).filter { $0.name == name }.sorted { $0.attempt < $1.attempt }
      containers[position].recover(
        instances, statuses[name], podUID: pod.uid, isSandboxUp: isSandboxUp, now: now,
        maximumDelaySeconds: maximumDelaySeconds)
    }
  }
}

extension ContainerRecord {
  fileprivate mutating func recover(
    _ instances: [ObservedContainer], _ status: ContainerStatus?, podUID: String, isSandboxUp: Bool, now: Timestamp,
    maximumDelaySeconds: Int
  ) {
    current = instances.last
    previous = instances.dropLast().last
    // The API may know of an instance that the node has no more, or never had whole: counts do not go back.
    if let status, current.map({ $0.attempt < status.restartCount }) ?? true,
      let lost = Self.lost(status, podUID: podUID, now: now)
    {
      previous = current
      current = lost
    }
    // What only the API remembers lived in a sandbox that is gone.
    isStale = current != nil && (!isSandboxUp || instances.isEmpty)
    nextAttempt = current.map { $0.attempt + 1 } ?? 0
    guard let current else { return }
    if case .running(let startedAt) = current.state {
      postStart = .done
      restartBackoff = .recovered(
        attempt: current.attempt, startedAt: startedAt, maximumSeconds: maximumDelaySeconds)
    } else if let exit = current.exit {
      restartBackoff = .recovered(
        attempt: current.attempt, startedAt: exit.startedAt, maximumSeconds: maximumDelaySeconds)
    }
    guard let status else { return }
    imageNames = ImageNames(image: status.image, imageID: status.imageID)
    guard status.containerID == StatusCalculator.identifier(current.id) else { return }
    // What the probes had found holds until they find something else: no flap for a restart of the agent.
    if status.started == true { startupResult = .success }
    readinessResult = status.ready ? .success : nil
    if previous == nil, status.lastState.terminated != nil { recoveredLastState = status.lastState }
  }

  /// An instance that the API object knows and the node does not: it ended while nobody looked.
  private static func lost(_ status: ContainerStatus, podUID: String, now: Timestamp) -> ObservedContainer? {
    let known = status.state.terminated ?? status.lastState.terminated
    guard status.state.running != nil || known != nil else { return nil }
    var exit: ContainerExit
    if let running = status.state.running {
      exit = ContainerExit(code: 137, startedAt: running.startedAt ?? now, finishedAt: now)
      exit.reason = "ContainerStatusUnknown"
      exit.message = 
        "The container could not be located when the pod was deleted.  The container used to be Running"
    } else {
      exit = ContainerExit(
        code: known?.exitCode ?? 0, startedAt: known?.startedAt ?? now, finishedAt: known?.finishedAt ?? now)
      exit.signal = known.flatMap { $0.signal == 0 ? nil : $0.signal }
      exit.reason = known?.reason ?? ""
      exit.message = known?.message ?? ""
    }
    let text = status.containerID.isEmpty ? known?.containerID ?? "" : status.containerID
    let id = text.firstRange(of: "://").map { String(text[$0.upperBound...]) } ?? text
    return ObservedContainer(
      id: id.isEmpty ? ObservedContainer.unstartedPrefix + "\(status.restartCount)" : id, podUID: podUID,
      name: status.name, attempt: status.restartCount, imageID: status.imageID, state: .exited(exit))
  }
}
