import KubernetesAPI

/// What the planner is told.
package enum PodInput: Sendable {
  /// The newest object of the API.
  case updated(Pod)
  /// The object is gone from the API.
  case removed
  case volumesReady
  /// What could not be set up, a sentence each.
  case volumesFailed([String])
  case sandboxStarted(SandboxFacts, addresses: [String])
  case sandboxFailed(String)
  case sandboxDied(reason: String)
  case sandboxStopped
  case volumesTornDown
  case started(ObservedContainer, ImageNames)
  case startFailed(name: String, StartFailure)
  case exited(ObservedContainer)
  case postStartFinished(id: String, failure: String?)
  case preStopFinished(id: String)
  case probed(id: String, ProbeWorker.Kind, ProbeWorker.Result)
  case resizeReviewed(ResizeVerdict, of: [String: ResourceRequirements])
  /// The cgroups of these containers were written, or why not.
  case resized([String], failure: String?)
  /// Another pod has left room on the node.
  case roomFreed
  /// A ConfigMap or Secret that the pod refers to has changed.
  case sourcesChanged
  /// The node needs what the pod uses.
  case evicted(message: String, graceSeconds: Int)
  /// The machine goes down; the pod gets no more grace than this.
  case machineGoesDown(graceSeconds: Int)
  /// A deadline has passed.
  case wake
}

/// How a container's status spells its image.
package struct ImageNames: Sendable, Hashable {
  package var image: String
  package var imageID: String

  package init(image: String, imageID: String) {
    self.image = image
    self.imageID = imageID
  }
}

/// Why a container did not start.
package enum StartFailure: Error, Sendable, Hashable {
  /// The start was taken back: the pod is going.
  case cancelled
  /// `reason` is the waiting reason (`ErrImagePull`); pulls back off, other image faults are looked at again.
  case image(reason: String, message: String, backsOff: Bool)
  /// The pod's configuration cannot be made into a container (`CreateContainerConfigError`).
  case configuration(String)
  /// Nothing was made.
  case create(ContainerStartError)
  /// It was made and failed before its program ran: counts as an exit.
  case run(ContainerStartError)
}
