import KubernetesAPI
import Synchronization

/// What the node's record says in place of a server that has not answered since the agent started.
package final class StandIn: Sendable {
  private struct State {
    var isActive = false
    var recorded = RecordedNode()
    var podUIDs: Set<String> = []
  }

  private let state = Mutex(State())

  /// The server cannot be asked.
  func begin(_ recorded: RecordedNode) {
    state.withLock { state in
      state.isActive = true
      state.recorded = recorded
      state.podUIDs = Set(recorded.pods.map(\.uid))
      state.recorded.pods = []
    }
  }

  /// The server has answered. Returns the pods that ran on the record's word. What single objects were stays known until
  /// the server has told of each.
  func end() -> Set<String> {
    state.withLock { state in
      state.isActive = false
      defer { state.podUIDs = [] }
      return state.podUIDs
    }
  }

  /// Only what the record holds can be had.
  package var isActive: Bool { state.withLock(\.isActive) }

  func object<Object: APIObject>(_: Object.Type, _ key: ObjectKey) -> Object? {
    state.withLock { $0.recorded.objects[.object(Object.kind, key)] }.map(Object.init(unchecked:))
  }

  /// The server has told of the object.
  func forget(_ kind: Kind, _ key: ObjectKey) { state.withLock { $0.recorded.objects[.object(kind, key)] = nil } }

  var services: [Service] { state.withLock(\.recorded.services) }
}
