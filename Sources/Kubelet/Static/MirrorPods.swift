import KubernetesAPI
import KubernetesClient
import Logging
import Synchronization

/// Shows the API the static pods of this node: a pod object for each, made anew when somebody deletes it, removed with
/// the file. One key at a time, again and again until the API has what is wanted.
package final class MirrorPods: Sendable {
  private struct State {
    var statics: [ObjectKey: Pod] = [:]
    var statuses: [ObjectKey: PodStatus] = [:]
    /// As the API tells them.
    var mirrors: [ObjectKey: Pod] = [:]
  }

  private let client: KubernetesClient
  private let statuses: StatusManager
  private let nodeName: String
  private let logger: Logger
  private let state = Mutex(State())
  private let queue = WorkQueue<ObjectKey>(initialDelay: .milliseconds(100), maximumDelay: .seconds(10))

  package init(client: KubernetesClient, statuses: StatusManager, nodeName: String, logger: Logger) {
    self.client = client
    self.statuses = statuses
    self.nodeName = nodeName
    self.logger = logger
  }

  package var staticUIDs: Set<String> { state.withLock { Set($0.statics.values.map(\.uid)) } }

  /// The static pod that a mirror stands for.
  package func staticUID(ofMirror uid: String) -> String? {
    state.withLock { state in
      state.mirrors.first { $0.value.uid == uid }.flatMap { state.statics[$0.key]?.uid }
    }
  }

  package func set(_ pod: Pod) {
    state.withLock { $0.statics[pod.key] = pod }
    queue.add(pod.key)
  }

  /// The pod has left the node, unless another one has its name by now.
  package func forget(_ pod: Pod) {
    state.withLock { state in
      guard state.statics[pod.key]?.uid == pod.uid else { return }
      state.statics[pod.key] = nil
      state.statuses[pod.key] = nil
    }
    queue.add(pod.key)
  }

  package func tell(_ pod: Pod, _ status: PodStatus) {
    let mirror = state.withLock { state -> Pod? in
      state.statuses[pod.key] = status
      guard let mirror = state.mirrors[pod.key], Self.shows(mirror, pod) else { return nil }
      return mirror
    }
    if let mirror { statuses.set(mirror, status) }
  }

  package func observe(_ change: InformerChange<Pod>) {
    let pod = change.object
    if case .deleted = change {
      state.withLock { $0.mirrors[pod.key] = nil }
      statuses.forget(uid: pod.uid)
    } else {
      state.withLock { $0.mirrors[pod.key] = pod }
    }
    queue.add(pod.key)
  }

  private static func shows(_ mirror: Pod, _ pod: Pod) -> Bool {
    mirror.metadata.annotations["kubernetes.io/config.mirror"] == pod.uid && mirror.metadata.deletionTimestamp == nil
  }

  /// Until cancelled.
  package func run() async {
    while let key = await queue.next() {
      do {
        try await sync(key)
        queue.forget(key)
      } catch {
        logger.warning("cannot show static pod \(key) to the API: \(error)")
        queue.addRateLimited(key)
      }
      queue.done(key)
    }
  }

  private func sync(_ key: ObjectKey) async throws {
    let (pod, status, mirror) = state.withLock { ($0.statics[key], $0.statuses[key], $0.mirrors[key]) }
    if let mirror, pod.map({ !Self.shows(mirror, $0) }) ?? true { return try await remove(mirror) }
    guard let pod else { return }
    if let mirror {
      if let status { statuses.set(mirror, status) }
    } else {
      try await create(pod)
    }
  }

  /// What comes after it is made when the informer has seen it go.
  private func remove(_ mirror: Pod) async throws {
    do {
      try await client.delete(Pod.self, mirror.key, DeleteOptions(gracePeriodSeconds: 0, preconditionUID: mirror.uid))
    } catch let status as Status where status.reason == .notFound || status.reason == .conflict {
      return
    }
  }

  private func create(_ pod: Pod) async throws {
    let node = try await client.get(Node.self, ObjectKey(name: nodeName))
    do {
      try await client.create(Self.mirror(of: pod, on: node))
    } catch let status as Status where status.reason == .alreadyExists {
      // The informer is about to tell of it.
      guard try await client.get(Pod.self, pod.key).isMirror else { throw status }
    }
  }

  static func mirror(of pod: Pod, on node: Node) -> Pod {
    var mirror = pod
    mirror.json["metadata"]?["uid"] = nil
    mirror.json["status"] = nil
    mirror.metadata.annotations["kubernetes.io/config.mirror"] = pod.uid
    mirror.metadata.ownerReferences = [
      OwnerReference {
        $0.apiVersion = "v1"
        $0.kind = "Node"
        $0.name = node.name
        $0.uid = node.uid
        $0.controller = true
      }
    ]
    return mirror
  }
}
