/// What only a pod's node can tell of it beyond its status, in words and as JSON (`pods/why`, `pods/timeline`).
package struct PodReport: Sendable {
  package var text: String
  package var json: JSON

  package init(text: String, json: JSON) {
    self.text = text
    self.json = json
  }
}

package struct PodReportRequest: Sendable, Hashable {
  package enum Topic: String, Sendable {
    /// Why its containers ended.
    case why
    /// How long each phase of its start took.
    case timeline
  }

  /// Nanoseconds since 1970.
  package struct Milestones: Sendable, Hashable {
    /// The server began with the request that created the pod.
    package var requested: Int
    /// It was stored.
    package var written: Int
    /// It was bound to its node.
    package var bound: Int?

    package init(requested: Int, written: Int, bound: Int? = nil) {
      self.requested = requested
      self.written = written
      self.bound = bound
    }
  }

  package var topic: Topic
  package var pod: ObjectKey
  /// Nil: the newest pod of that name, which may be gone.
  package var uid: String?
  /// Of this container alone.
  package var container: String?
  /// What the API server knows of the pod's way to its node, for its timeline.
  package var milestones: Milestones?

  package init(_ topic: Topic, pod: ObjectKey, uid: String? = nil, container: String? = nil) {
    self.topic = topic
    self.pod = pod
    self.uid = uid
    self.container = container
  }
}

extension NodeConnection {
  package func podReport(_ request: PodReportRequest) async throws -> PodReport? {
    throw Status.notImplemented("pods/\(request.topic.rawValue) of a pod on this node")
  }
}
