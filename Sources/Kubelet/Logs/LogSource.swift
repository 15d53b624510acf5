import KubernetesAPI

/// Which instance of a container a log request means, from the pod's status (upstream's validateContainerLogStatus).
package enum LogSource {
  /// The attempt whose log to read. Throws upstream's `Status` when there is none yet.
  package static func attempt(_ status: PodStatus, pod: String, container: String, previous: Bool) throws(Status) -> Int
  {
    let all = status.containerStatuses + status.initContainerStatuses + status.ephemeralContainerStatuses
    guard let found = all.first(where: { $0.name == container }) else {
      throw .badRequest("container \"\(container)\" in pod \"\(pod)\" is not available")
    }
    let subject = "container \"\(container)\" in pod \"\(pod)\""
    let lastHasRun = !(found.lastState.terminated?.containerID ?? "").isEmpty
    let hasRun = found.state.running != nil || !(found.state.terminated?.containerID ?? "").isEmpty
    if previous {
      guard lastHasRun else { throw .badRequest("previous terminated \(subject) not found") }
      return hasRun ? found.restartCount - 1 : found.restartCount
    }
    if hasRun || lastHasRun { return found.restartCount }
    guard let waiting = found.state.waiting else { throw .badRequest("\(subject) is terminated") }
    throw .badRequest("\(subject) is waiting to start: \(cause(waiting.reason))")
  }

  private static func cause(_ reason: String) -> String {
    switch reason {
    case "ErrImagePull": "image can't be pulled"
    case "ImagePullBackOff": "trying and failing to pull image"
    default: reason
    }
  }
}
