import KubernetesAPI

/// When the files of a pod's volumes are to be written anew. One refresh runs at a time; what comes up meanwhile makes
/// it run once more, so that the last word is always the newest.
struct VolumeRefresh: Sendable, Equatable {
  private var isRunning = false
  private var isWanted = false

  /// - Returns: whether the caller is to begin.
  mutating func request() -> Bool {
    isWanted = true
    guard !isRunning else { return false }
    isRunning = true
    return true
  }

  /// Before each round.
  ///
  /// - Returns: whether there is anything to do; false ends the turn.
  mutating func next() -> Bool {
    isRunning = isWanted
    isWanted = false
    return isRunning
  }

  /// Whether what the worker was told may have changed what volumes show. A change that came while they were being set
  /// up may have been too late for them.
  static func isNeeded(after inputs: [PodInput], from former: Pod, to pod: Pod) -> Bool {
    let isTold = inputs.contains { input in
      switch input {
      case .sourcesChanged: true
      case .volumesReady: pod.spec.volumes.contains { $0.isOfObjects }
      default: false
      }
    }
    return isTold || isNeeded(from: former, to: pod)
  }

  /// A change of the pod itself that its volumes show.
  private static func isNeeded(from former: Pod, to pod: Pod) -> Bool {
    guard pod.spec.volumes.contains(where: showsThePod) else { return false }
    return former.metadata.labels != pod.metadata.labels || former.metadata.annotations != pod.metadata.annotations
      || former.allContainers.map { $0.resources.json } != pod.allContainers.map { $0.resources.json }
  }

  private static func showsThePod(_ volume: Volume) -> Bool {
    volume.downwardAPI != nil || volume.projected?.sources.contains { $0.downwardAPI != nil } == true
  }
}
