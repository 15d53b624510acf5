import KubernetesAPI
import Synchronization

/// When the newest pods were written and bound, finer than the whole seconds of their objects: for `pods/timeline`. Kept
/// in memory alone; a few dozen bytes for each pod.
final class PodMilestones: Sendable {
  private struct State {
    var times: [String: PodReportRequest.Milestones] = [:]
    /// In the order of creation, as a ring.
    var uids: [String] = []
    var oldest = 0
  }

  /// So many pods are known.
  private static let limit = 4096

  private let state = Mutex(State())

  func times(uid: String) -> PodReportRequest.Milestones? { state.withLock { $0.times[uid] } }

  func created(uid: String, requested: Int, written: Int) {
    state.withLock { state in
      state.times[uid] = .init(requested: requested, written: written)
      guard state.uids.count == Self.limit else { return state.uids.append(uid) }
      state.times[state.uids[state.oldest]] = nil
      state.uids[state.oldest] = uid
      state.oldest = (state.oldest + 1) % Self.limit
    }
  }

  func bound(uid: String, at time: Int) { state.withLock { $0.times[uid]?.bound = time } }
}
