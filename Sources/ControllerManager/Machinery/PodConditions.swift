import KubernetesAPI

extension Pod {
  var readyCondition: PodCondition? { self.status.conditions.first { $0.type == "Ready" } }
  var isReady: Bool { readyCondition?.status == .true }

  /// Neither finished nor on its way out.
  var isActive: Bool { !isFinished && !isBeingDeleted }

  var isFinished: Bool { [.succeeded, .failed].contains(self.status.phase) }

  /// Ready for at least `minReadySeconds`.
  func isAvailable(minReadySeconds: Int, now: Timestamp) -> Bool {
    guard isReady else { return false }
    guard minReadySeconds > 0 else { return true }
    guard let since = readyCondition?.lastTransitionTime else { return false }
    return since.adding(seconds: minReadySeconds) <= now
  }
}
