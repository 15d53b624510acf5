import KubernetesAPI

/// A Deployment's status from its ReplicaSets: counts, and the conditions Available and Progressing in upstream's words.
struct DeploymentStatusPlan {
  private let deployment: Deployment
  private let current: ReplicaSet?
  private let all: [ReplicaSet]
  private let now: Timestamp

  init(_ deployment: Deployment, current: ReplicaSet?, all: [ReplicaSet], now: Timestamp) {
    self.deployment = deployment
    self.current = current
    self.all = all
    self.now = now
  }

  func status() -> DeploymentStatus {
    var status = deployment.status
    status.observedGeneration = deployment.metadata.generation
    status.replicas = all.reduce(0) { $0 + $1.status.replicas }
    status.updatedReplicas = current?.status.replicas ?? 0
    status.readyReplicas = all.reduce(0) { $0 + $1.status.readyReplicas }
    status.availableReplicas = all.reduce(0) { $0 + $1.status.availableReplicas }
    let wanted = all.reduce(0) { $0 + ($1.spec.replicas ?? 0) }
    status.unavailableReplicas = max(0, wanted - status.availableReplicas)
    set(&status, availability(status))
    if let progress = progress(status) { set(&status, progress) }
    setFailure(&status)
    return status
  }

  private func availability(_ status: DeploymentStatus) -> DeploymentCondition {
    let minimum = (deployment.spec.replicas ?? 1) - deployment.rolloutBounds.maxUnavailable
    return status.availableReplicas >= minimum
      ? condition("Available", .true, "MinimumReplicasAvailable", "Deployment has minimum availability.")
      : condition(
        "Available", .false, "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
  }

  /// Nil keeps what stands.
  private func progress(_ status: DeploymentStatus) -> DeploymentCondition? {
    let known = deployment.status.conditions.first { $0.type == "Progressing" }
    if deployment.spec.paused {
      return known?.reason == "DeploymentPaused"
        ? nil : condition("Progressing", .unknown, "DeploymentPaused", "Deployment is paused")
    }
    if known?.reason == "DeploymentPaused" {
      return condition("Progressing", .unknown, "DeploymentResumed", "Deployment is resumed")
    }
    guard deployment.spec.progressDeadlineSeconds != nil, let current else { return nil }
    if isComplete(status) {
      return condition(
        "Progressing", .true, "NewReplicaSetAvailable",
        "ReplicaSet \"\(current.name)\" has successfully progressed.")
    }
    if hasProgressed(status) {
      var progress = condition(
        "Progressing", .true, "ReplicaSetUpdated", "ReplicaSet \"\(current.name)\" is progressing.")
      progress.lastUpdateTime = now
      return progress
    }
    guard isTimedOut(known) else { return nil }
    return condition(
      "Progressing", .false, "ProgressDeadlineExceeded",
      "ReplicaSet \"\(current.name)\" has timed out progressing.")
  }

  private func isComplete(_ status: DeploymentStatus) -> Bool {
    let replicas = deployment.spec.replicas ?? 1
    return status.updatedReplicas == replicas && status.replicas == replicas && status.availableReplicas == replicas
  }

  /// More new pods, fewer old ones, or more that are ready or available than the stored status says.
  private func hasProgressed(_ status: DeploymentStatus) -> Bool {
    let before = deployment.status
    return status.updatedReplicas > before.updatedReplicas
      || status.replicas - status.updatedReplicas < before.replicas - before.updatedReplicas
      || status.readyReplicas > before.readyReplicas || status.availableReplicas > before.availableReplicas
      || !before.conditions.contains { $0.type == "Progressing" }
      || before.observedGeneration < deployment.metadata.generation
  }

  private func isTimedOut(_ known: DeploymentCondition?) -> Bool {
    guard let known, known.reason != "NewReplicaSetAvailable", known.reason != "ProgressDeadlineExceeded",
      let since = known.lastUpdateTime, let deadline = deployment.spec.progressDeadlineSeconds
    else { return false }
    return since.adding(seconds: deadline) <= now
  }

  private func setFailure(_ status: inout DeploymentStatus) {
    status.conditions.removeAll { $0.type == "ReplicaFailure" }
    let failed = all.flatMap(\.status.conditions).first { $0.type == "ReplicaFailure" }
    guard let failed else { return }
    status.conditions.append(condition("ReplicaFailure", failed.status, failed.reason, failed.message))
  }

  private func condition(_ type: String, _ state: ConditionStatus, _ reason: String, _ message: String) -> DeploymentCondition {
    DeploymentCondition {
      $0.type = type
      $0.status = state
      $0.lastUpdateTime = now
      $0.lastTransitionTime = now
      $0.reason = reason
      $0.message = message
    }
  }

  private func set(_ status: inout DeploymentStatus, _ new: DeploymentCondition) {
    guard let position = status.conditions.firstIndex(where: { $0.type == new.type }) else {
      return status.conditions.append(new)
    }
    let known = status.conditions[position]
    let isProgress = new.reason == "ReplicaSetUpdated"
    if known.status == new.status, known.reason == new.reason, known.message == new.message, !isProgress { return }
    var changed = new
    if known.status == new.status { changed.lastTransitionTime = known.lastTransitionTime }
    status.conditions[position] = changed
  }
}
