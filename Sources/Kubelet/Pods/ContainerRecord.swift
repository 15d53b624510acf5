import KubernetesAPI

/// What the planner remembers of one container of a pod.
package struct ContainerRecord: Sendable {
  package enum Role: Sendable, Hashable {
    case initialization
    /// An init container with `restartPolicy: Always`.
    case sidecar
    case application
    /// Added to a running pod for debugging: started once, and of no account for what becomes of the pod.
    case ephemeral

    package var isInit: Bool { self == .initialization || self == .sidecar }
  }

  package enum PostStart: Sendable, Hashable {
    case none
    case running
    case done
  }

  /// Why the container is not running, as its status says it.
  package struct Waiting: Sendable, Hashable {
    package var reason: String
    package var message: String
  }

  package let name: String
  package let role: Role
  /// The newest instance.
  package var current: ObservedContainer?
  /// The instance before it: what `lastState` and `logs --previous` tell of.
  package var previous: ObservedContainer?
  /// `lastState` of an instance that only the API object still knows.
  package var recoveredLastState: ContainerState?
  /// `current` lived in a sandbox that is gone, so it says nothing about what this sandbox still has to run.
  package var isStale = false
  package var isStarting = false
  /// The sandbox in which the start under way began is gone: whatever it answers is dead.
  package var isStartVoid = false
  package var nextAttempt = 0
  package var waiting: Waiting?
  /// Not before this time, for failures before an instance existed.
  package var retryAt: Timestamp?
  package var restartBackoff: RestartBackoff
  package var pullBackoff: RestartBackoff
  package var pullFailure: PullFailure?
  package var kill: ContainerKill?
  package var postStart = PostStart.none
  package var startupResult: ProbeWorker.Result?
  package var readinessResult: ProbeWorker.Result?
  /// When this agent learnt of the exit, on its own clock: a wall clock that jumps bends no back-off.
  package var exitedAt: Timestamp?
  /// The instance whose waiting out was recorded as a BackOff event.
  package var announcedBackoffID: String?
  /// The instance whose restart the back-off has counted already.
  package var countedBackoffID: String?
  package var imageNames: ImageNames?
  /// What the node has set aside for it; nil where amounts cannot change.
  package var allocated: ResourceRequirements?

  package init(name: String, role: Role, maximumDelaySeconds: Int) {
    self.name = name
    self.role = role
    restartBackoff = RestartBackoff(maximumSeconds: maximumDelaySeconds)
    pullBackoff = RestartBackoff()
  }

  package var isRunning: Bool { current?.isRunning ?? false }

  /// The exit of the newest instance of this sandbox.
  package var exit: ContainerExit? { isStale ? nil : current?.exit }

  /// Nothing of this sandbox has run or is being started.
  var isUntouched: Bool { (current == nil || isStale) && !isStarting }

  /// Takes a new instance; the former one becomes the previous one. Returns what is now superfluous.
  mutating func replace(with container: ObservedContainer) -> ObservedContainer? {
    let superfluous = current == nil ? nil : previous
    if current != nil { previous = current }
    current = container
    isStale = false
    nextAttempt = max(nextAttempt, container.attempt + 1)
    waiting = nil
    retryAt = nil
    kill = nil
    postStart = .none
    startupResult = nil
    readinessResult = nil
    exitedAt = nil
    return superfluous
  }
}

/// What a failed pull left behind.
package struct PullFailure: Sendable, Hashable {
  package var message: String
  package var reason: String
  package var failedAt: Timestamp
  package var retryAt: Timestamp
  /// The back-off has been told in the status and as an event.
  package var isAnnounced = false
}

/// A container on its way out.
package struct ContainerKill: Sendable, Hashable {
  package enum Phase: Sendable, Hashable {
    case preStop
    /// A sidecar of an ending pod: its hook is over, and those that it serves still run.
    case turn
    case signalled
    case killed
  }
  package var phase: Phase
  /// When the phase gives way to the next.
  package var deadline: Timestamp
  /// When the grace that was asked for ends.
  package var graceEnd: Timestamp
}
