import KubernetesAPI

/// What the planner wants done. Actions that take time report back with a `PodInput`.
package enum PodAction: Sendable, Hashable {
  /// Answers `.volumesReady` or `.volumesFailed`.
  case setUpVolumes
  /// Namespaces, then addresses. Answers `.sandboxStarted` or `.sandboxFailed`.
  case startSandbox
  /// Image, configuration, create, start. Answers `.started` or `.startFailed`.
  case startContainer(name: String, attempt: Int)
  /// Ends the starts that are under way; they answer `.startFailed(.cancelled)`.
  case cancelStarts
  /// Answers `.postStartFinished`.
  case runPostStart(name: String, id: String)
  /// Answers `.preStopFinished`.
  case runPreStop(name: String, id: String, timeoutSeconds: Int)
  /// Sends the container's stop signal (the image's, or SIGTERM).
  case stopContainer(name: String, id: String)
  case killContainer(id: String)
  /// Tells in an event what keeps a killed container alive.
  case explainSurvival(name: String, id: String)
  /// Frees an instance that nobody asks for any more, its log included.
  case removeContainer(name: String, id: String, attempt: Int)
  /// Asks the node for these amounts. Answers `.resizeReviewed`.
  case reviewResize([String: ResourceRequirements])
  /// Writes the cgroups of the pod and of these containers. Answers `.resized`.
  case applyResize([ResizeTarget])
  /// Addresses and namespaces. Answers `.sandboxStopped`.
  case stopSandbox
  /// Answers `.volumesTornDown`.
  case tearDownVolumes
  /// The pod has left the node: its last status is to be published, its object (when `deletesObject`) to be deleted,
  /// its logs and directory to be removed, its worker to end.
  case finish(deletesObject: Bool)
  case record(PodNote)
}

/// An event about the pod or one of its containers.
package struct PodNote: Sendable, Hashable {
  package var isWarning: Bool
  package var reason: String
  package var message: String
  /// The container that is meant; nil: the pod.
  package var container: String?

  package init(isWarning: Bool = false, _ reason: String, _ message: String, container: String? = nil) {
    self.isWarning = isWarning
    self.reason = reason
    self.message = message
    self.container = container
  }
}
