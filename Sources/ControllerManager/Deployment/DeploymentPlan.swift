import KubernetesAPI

/// The next step of a Deployment's rollout: which ReplicaSet gets how many replicas. Pure.
///
/// Upstream's rules: never more than `replicas + maxSurge` pods, never fewer than `replicas - maxUnavailable` available
/// ones; a scale that comes in the middle of a rollout is spread over the sets in proportion.
struct DeploymentPlan {
  struct Scaling: Equatable {
    var replicaSet: ReplicaSet
    var replicas: Int
  }

  var scalings: [Scaling] = []

  private let deployment: Deployment
  private let replicas: Int
  private let maxSurge: Int
  private let maxUnavailable: Int

  /// `current` is the set of the present template, `old` all others.
  init(_ deployment: Deployment, current: ReplicaSet, old: [ReplicaSet], areOldPodsGone: Bool) {
    self.deployment = deployment
    replicas = deployment.spec.replicas ?? 1
    (maxSurge, maxUnavailable) = deployment.rolloutBounds
    if let scaled = scaleWhole(current, old) {
      scalings = scaled
    } else if deployment.spec.paused {
      return
    } else if deployment.isRecreate {
      scalings = recreate(current, old, areOldPodsGone)
    } else {
      scalings = rollingUpdate(current, old)
    }
  }

  // MARK: Scaling

  /// The answer to a changed `spec.replicas`, or nil when that has not changed since the sets were last sized.
  private func scaleWhole(_ current: ReplicaSet, _ old: [ReplicaSet]) -> [Scaling]? {
    let active = ([current] + old).filter { ($0.spec.replicas ?? 0) > 0 }
    let isResized = active.contains { set in
      set.metadata.annotations[DeploymentRevision.desiredAnnotation].flatMap { Int($0) }.map { $0 != replicas } ?? false
    }
    guard isResized || deployment.spec.paused else { return nil }
    if active.count <= 1 {
      let only = active.first ?? current
      return (only.spec.replicas ?? 0) == replicas ? (isResized ? nil : []) : [Scaling(replicaSet: only, replicas: replicas)]
    }
    guard !deployment.isRecreate else { return nil }
    return proportional(active)
  }

  /// Spreads what is missing (or too much) over the sets by their sizes; the rest goes to the largest.
  private func proportional(_ active: [ReplicaSet]) -> [Scaling] {
    let total = active.reduce(0) { $0 + ($1.spec.replicas ?? 0) }
    let allowed = replicas > 0 ? replicas + maxSurge : 0
    let difference = allowed - total
    guard difference != 0 else { return [] }
    let sorted = active.sorted { left, right in
      let sizes = (left.spec.replicas ?? 0, right.spec.replicas ?? 0)
      if sizes.0 != sizes.1 { return sizes.0 > sizes.1 }
      return difference > 0
        ? DeploymentRevision.isOlder(right, left) : DeploymentRevision.isOlder(left, right)
    }
    var given = 0
    var result = sorted.map { set -> Scaling in
      let size = set.spec.replicas ?? 0
      let basis = set.metadata.annotations[DeploymentRevision.maximumAnnotation].flatMap { Int($0) } ?? total
      let share = Int((Double(size * allowed) / Double(max(basis, 1))).rounded()) - size
      let left = difference - given
      let granted = difference > 0 ? max(0, min(share, left)) : min(0, max(share, left))
      given += granted
      return Scaling(replicaSet: set, replicas: size + granted)
    }
    result[0].replicas = max(0, result[0].replicas + difference - given)
    return result.filter { $0.replicas != $0.replicaSet.spec.replicas ?? 0 }
  }

  // MARK: Strategies

  private func recreate(_ current: ReplicaSet, _ old: [ReplicaSet], _ areOldPodsGone: Bool) -> [Scaling] {
    let running = old.filter { ($0.spec.replicas ?? 0) > 0 }
    if !running.isEmpty { return running.map { Scaling(replicaSet: $0, replicas: 0) } }
    guard areOldPodsGone, (current.spec.replicas ?? 0) != replicas else { return [] }
    return [Scaling(replicaSet: current, replicas: replicas)]
  }

  private func rollingUpdate(_ current: ReplicaSet, _ old: [ReplicaSet]) -> [Scaling] {
    if let grown = growCurrent(current, old) { return [grown] }
    return shrinkOld(current, old)
  }

  /// The current set up to what `maxSurge` leaves room for (or down, when it has too many).
  private func growCurrent(_ current: ReplicaSet, _ old: [ReplicaSet]) -> Scaling? {
    let size = current.spec.replicas ?? 0
    guard size != replicas else { return nil }
    if size > replicas { return Scaling(replicaSet: current, replicas: replicas) }
    let total = old.reduce(size) { $0 + ($1.spec.replicas ?? 0) }
    let room = replicas + maxSurge - total
    guard room > 0 else { return nil }
    return Scaling(replicaSet: current, replicas: size + min(room, replicas - size))
  }

  /// Old sets down as far as availability allows: first replicas that are not available anyway, then available ones.
  private func shrinkOld(_ current: ReplicaSet, _ old: [ReplicaSet]) -> [Scaling] {
    let running = old.filter { ($0.spec.replicas ?? 0) > 0 }.sorted { DeploymentRevision.isOlder($0, $1) }
    guard !running.isEmpty else { return [] }
    let total = running.reduce(current.spec.replicas ?? 0) { $0 + ($1.spec.replicas ?? 0) }
    let minimum = replicas - maxUnavailable
    let currentUnavailable = (current.spec.replicas ?? 0) - current.status.availableReplicas
    var budget = total - minimum - currentUnavailable
    guard budget > 0 else { return [] }
    var sizes = running.map { $0.spec.replicas ?? 0 }
    for (position, set) in running.enumerated() {
      let broken = min(max(0, sizes[position] - set.status.availableReplicas), budget)
      sizes[position] -= broken
      budget -= broken
    }
    let available = ([current] + running).reduce(0) { $0 + $1.status.availableReplicas }
    var spare = available - minimum
    for position in running.indices where spare > 0 {
      let removed = min(sizes[position], spare)
      sizes[position] -= removed
      spare -= removed
    }
    return zip(running, sizes).filter { $0.spec.replicas ?? 0 != $1 }.map { Scaling(replicaSet: $0, replicas: $1) }
  }
}

extension Deployment {
  var isRecreate: Bool { self.spec.strategy.type == .recreate }

  /// maxSurge and maxUnavailable as numbers; when both round to nothing one pod may be missing, or no step is possible.
  var rolloutBounds: (maxSurge: Int, maxUnavailable: Int) {
    guard !isRecreate else { return (0, 0) }
    let replicas = self.spec.replicas ?? 1
    let rolling = self.spec.strategy.rollingUpdate
    let surge = rolling?.maxSurge?.scaled(to: replicas, roundingUp: true) ?? 0
    let unavailable = rolling?.maxUnavailable?.scaled(to: replicas, roundingUp: false) ?? 0
    return (surge, surge == 0 && unavailable == 0 ? 1 : min(unavailable, replicas))
  }
}
