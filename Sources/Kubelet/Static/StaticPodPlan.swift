import KubernetesAPI

/// What is to be done so that the static pods that run are those that the folder describes: pure and without memory.
package enum StaticPodPlan {
  package enum Action: Sendable, Hashable {
    case start(Pod)
    /// With its grace, as a deletion.
    case end(uid: String)
  }

  /// A file that changed describes another pod of the same name, which waits until the one before it is gone.
  package static func actions(wanted: [Pod], alive: [Pod]) -> [Action] {
    let wantedUIDs = Set(wanted.map(\.uid))
    let aliveUIDs = Set(alive.map(\.uid))
    var taken = Set(alive.map(\.key))
    let ends = alive.filter { !wantedUIDs.contains($0.uid) }.map { Action.end(uid: $0.uid) }
    let starts = wanted.filter { !aliveUIDs.contains($0.uid) && taken.insert($0.key).inserted }.map(Action.start)
    return ends + starts
  }
}
