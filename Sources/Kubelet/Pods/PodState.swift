import KubernetesAPI

/// All that the planner decides from and all that the pod's status tells: a value.
package struct PodState: Sendable {
  package enum Volumes: Sendable, Hashable {
    case absent
    case settingUp
    case ready
    case failed(retryAt: Timestamp)
    case tearingDown
  }

  package enum Sandbox: Sendable, Hashable {
    case absent
    case starting
    case ready
    case failed(retryAt: Timestamp)
    case stopping
  }

  /// Why the pod ends.
  package enum End: Sendable, Hashable {
    /// Deleted through the API, or gone from it.
    case deleted
    case deadlineExceeded
    /// Every container has done its work.
    case completed
    /// The node does not take the pod.
    case rejected(reason: String, message: String)
    /// The node needed what the pod used.
    case evicted(message: String, graceSeconds: Int)
    /// The machine goes down.
    case shutDown(graceSeconds: Int)
  }

  package var pod: Pod
  /// The object is gone from the API: nobody reads a status any more.
  package var isRemoved = false
  package var volumes = Volumes.absent
  package var sandbox = Sandbox.absent
  /// Counts failures of volumes and sandbox in a row, for their back-off.
  package var setUpFailures = 0
  package var addresses: [String] = []
  /// In the order of the spec: init containers, then applications.
  package var containers: [ContainerRecord]
  package var end: End?
  package var endedAt: Timestamp?
  package var hasCancelledStarts = false
  package var isFinished = false
  package var startTime: Timestamp
  /// The status was final when this agent found the pod, and nothing of it lives: leave it as it is.
  package var keepsStatus = false
  package var maximumDelaySeconds: Int
  package var resize = PodResize()

  /// A pod that the node has not seen before.
  package init(pod: Pod, now: Timestamp, maximumDelaySeconds: Int = 300) {
    self.pod = pod
    self.maximumDelaySeconds = maximumDelaySeconds
    startTime = pod.status.startTime ?? now
    containers = pod.containerNames.map {
      ContainerRecord(name: $0.name, role: $0.role, maximumDelaySeconds: maximumDelaySeconds)
    }
    for position in containers.indices where [.application, .sidecar].contains(containers[position].role) {
      containers[position].allocated = pod.container(containers[position].name)?.resources
    }
  }

  /// Containers that were added to the pod since get records of their own.
  mutating func adoptAddedContainers() {
    for added in pod.containerNames where !containers.contains(where: { $0.name == added.name }) {
      containers.append(
        ContainerRecord(name: added.name, role: added.role, maximumDelaySeconds: maximumDelaySeconds))
    }
  }

  package func record(_ name: String) -> ContainerRecord? { containers.first { $0.name == name } }

  package func spec(_ name: String) -> Container? { pod.container(name) }

  var isSandboxUp: Bool { sandbox == .ready }

  var isBeingEvicted: Bool { evictionMessage != nil }

  /// Why the node itself ended the pod, as the pod's status says it.
  var disruption: (reason: String, message: String)? {
    switch end {
    case .evicted(let message, _): (PodPlanner.evictedReason, message)
    case .shutDown: (PodPlanner.shutdownReason, PodPlanner.shutdownMessage)
    default: nil
    }
  }

  var evictionMessage: String? {
    if case .evicted(let message, _) = end { return message }
    return nil
  }

  /// The pod runs or is to run: what it asked for is taken.
  var holdsResources: Bool { end == nil || sandbox != .absent }

  /// Something of it is still on the node; a volume in memory keeps that taken when the sandbox has gone.
  var isOnNode: Bool { holdsResources || volumes != .absent }

  /// Every init container has done its part, so the applications may run.
  package var isInitialized: Bool {
    if containers.contains(where: { $0.role == .application && !$0.isUntouched }) { return true }
    return containers.allSatisfy { !$0.role.isInit || hasDoneItsPart($0) }
  }

  private func hasDoneItsPart(_ record: ContainerRecord) -> Bool {
    switch record.role {
    case .initialization: record.exit?.code == 0
    case .sidecar: isStarted(record)
    case .application, .ephemeral: true
    }
  }

  /// Running, its postStart hook done, its startup probe (if any) passed.
  package func isStarted(_ record: ContainerRecord) -> Bool {
    guard record.isRunning, record.postStart == .done, let spec = spec(record.name) else { return false }
    return spec.startupProbe == nil || record.startupResult == .success
  }

  package func isReady(_ record: ContainerRecord) -> Bool {
    guard isStarted(record), let spec = spec(record.name) else { return false }
    return spec.readinessProbe == nil || record.readinessResult == .success
  }
}
