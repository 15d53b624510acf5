import KubernetesAPI
import Synchronization

/// What a controller has asked for and not yet seen in its watch, per object. Until it is seen, counting from the
/// informer's copy would create or delete twice.
final class Expectations: Sendable {
  /// A lost watch event must not stop a controller for good.
  static let expirySeconds = 300

  private struct Pending {
    var creations = 0
    var deletions: Set<String> = []
    var since: Timestamp
    var isEmpty: Bool { creations <= 0 && deletions.isEmpty }
  }

  private let pending = Mutex<[ObjectKey: Pending]>([:])

  func expect(_ key: ObjectKey, creations: Int = 0, deletionsOf uids: [String] = [], now: Timestamp) {
    pending.withLock { $0[key] = Pending(creations: creations, deletions: Set(uids), since: now) }
  }

  /// One creation was seen, or has failed.
  func creationSettled(_ key: ObjectKey) { settle(key) { $0.creations -= 1 } }

  /// One deletion was seen, or has failed.
  func deletionSettled(_ key: ObjectKey, uid: String) { settle(key) { $0.deletions.remove(uid) } }

  func areMet(_ key: ObjectKey, now: Timestamp) -> Bool {
    pending.withLock { pending in
      guard let known = pending[key] else { return true }
      return known.isEmpty || known.since.adding(seconds: Self.expirySeconds) < now
    }
  }

  func forget(_ key: ObjectKey) { pending.withLock { $0[key] = nil } }

  private func settle(_ key: ObjectKey, _ change: (inout Pending) -> Void) {
    pending.withLock { pending in
      guard var known = pending[key] else { return }
      change(&known)
      pending[key] = known
    }
  }
}
