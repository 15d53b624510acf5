import KubernetesAPI
import KubernetesClient
import Synchronization

/// Brings the status of pods to the API: one patch per pod at a time, only when something differs, the newest wish
/// only. While the server is away the wishes wait; each pod has one.
package final class StatusManager: Sendable {
  private struct Entry {
    var pod: Pod
    var desired: PodStatus
    /// The object as the server answered our last patch.
    var acknowledged: Pod?
    var deletesObject = false
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  /// So many patches are under way at once.
  private static let senders = 8
  /// How long a status that tells only of a start under way waits for a better one.
  private static let progressDelay = Duration.milliseconds(200)

  private let client: KubernetesClient
  private let entries = Mutex<[String: Entry]>([:])
  private let queue = WorkQueue<String>(initialDelay: .milliseconds(100), maximumDelay: .seconds(10))

  private let onTold: @Sendable (Pod) -> Void

  /// `onTold` hears of each pod as the API has it after a patch.
  package init(client: KubernetesClient, onTold: @escaping @Sendable (Pod) -> Void = { _ in }) {
    self.client = client
    self.onTold = onTold
  }

  package func set(_ pod: Pod, _ status: PodStatus) {
    let hasChanged = entries.withLock { entries in
      let known = entries[pod.uid]
      guard known?.desired != status || known?.pod.status != pod.status else { return false }
      entries[pod.uid, default: Entry(pod: pod, desired: status)].desired = status
      entries[pod.uid]?.pod = pod
      return true
    }
    guard hasChanged else { return }
    if Self.isProgress(pod, status) { queue.add(pod.uid, after: Self.progressDelay) } else { queue.add(pod.uid) }
  }

  /// The pod has left the node: what is still to be told is told, then the object is deleted for good.
  package func finish(_ pod: Pod, deletesObject: Bool) {
    guard deletesObject else { return forget(uid: pod.uid) }
    entries.withLock { $0[pod.uid, default: Entry(pod: pod, desired: pod.status)].deletesObject = true }
    queue.add(pod.uid)
  }

  /// Returns once the API has what was told last of the pod, or nobody is to be told any more, or this manager ends.
  package func settled(uid: String) async {
    await withCheckedContinuation { continuation in
      let isSettled = entries.withLock { entries in
        guard let entry = entries[uid], !Self.isSettled(entry, uid), !Task.isCancelled else { return true }
        entries[uid]?.waiters.append(continuation)
        return false
      }
      if isSettled { continuation.resume() }
    }
  }

  private static func isSettled(_ entry: Entry, _ uid: String) -> Bool {
    StatusPatch.make(uid: uid, from: newest(entry.pod, entry.acknowledged).status, to: entry.desired) == nil
  }

  private func releaseWaiters(uid: String, evenUnsettled: Bool = false) {
    let waiters = entries.withLock { entries -> [CheckedContinuation<Void, Never>] in
      guard let entry = entries[uid], !entry.waiters.isEmpty, evenUnsettled || Self.isSettled(entry, uid) else { return [] }
      entries[uid]?.waiters = []
      return entry.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  /// The object is gone from the API.
  package func forget(uid: String) {
    let entry = entries.withLock { $0.removeValue(forKey: uid) }
    queue.forget(uid)
    for waiter in entry?.waiters ?? [] { waiter.resume() }
  }

  /// Until cancelled.
  package func run() async {
    await withDiscardingTaskGroup { group in
      for _ in 0..<Self.senders { group.addTask { await self.send() } }
    }
    for uid in entries.withLock({ Array($0.keys) }) { releaseWaiters(uid: uid, evenUnsettled: true) }
  }

  private func send() async {
    while let uid = await queue.next() {
      if await sync(uid) { queue.forget(uid) } else { queue.addRateLimited(uid) }
      queue.done(uid)
    }
  }

  /// False when it has to be tried again.
  private func sync(_ uid: String) async -> Bool {
    guard let entry = entries.withLock({ $0[uid] }) else { return true }
    do {
      try await patch(entry, uid)
      releaseWaiters(uid: uid)
      // A wish that came meanwhile goes first.
      guard entry.deletesObject, entries.withLock({ $0[uid]?.desired == entry.desired }) else { return true }
      try await client.delete(
        Pod.self, entry.pod.key, DeleteOptions(gracePeriodSeconds: 0, preconditionUID: uid))
      forget(uid: uid)
      return true
    } catch let status as Status where status.reason == .notFound || status.reason == .conflict {
      // Gone, or another pod has the name by now: nothing of ours is left to tell.
      forget(uid: uid)
      return true
    } catch let status as Status where status.reason == .invalid || status.reason == .badRequest {
      // Trying again cannot help; a later status may.
      releaseWaiters(uid: uid, evenUnsettled: true)
      return true
    } catch {
      return false
    }
  }

  private func patch(_ entry: Entry, _ uid: String) async throws {
    let base = Self.newest(entry.pod, entry.acknowledged)
    guard let patch = StatusPatch.make(uid: uid, from: base.status, to: entry.desired) else { return }
    let answer = try await client.patch(Pod.self, entry.pod.key, patch, subresource: "status")
    entries.withLock { $0[uid]?.acknowledged = answer }
    onTold(answer)
  }

  private static func newest(_ pod: Pod, _ acknowledged: Pod?) -> Pod {
    guard let acknowledged, (Int(acknowledged.resourceVersion) ?? 0) > (Int(pod.resourceVersion) ?? 0) else {
      return pod
    }
    return acknowledged
  }

  /// A first report that only says that containers are being made.
  private static func isProgress(_ pod: Pod, _ status: PodStatus) -> Bool {
    guard status.phase == .pending, pod.status.startTime == nil else { return false }
    return (status.containerStatuses + status.initContainerStatuses).allSatisfy {
      ["ContainerCreating", "PodInitializing"].contains($0.state.waiting?.reason)
    }
  }
}
