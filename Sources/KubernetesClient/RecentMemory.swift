/// A dictionary that keeps at least the `limit / 2` keys set last and never more than `limit`.
///
/// It has two halves: what was set lately, and what was set before that. A full half becomes the older one, whose
/// predecessor goes as a whole. So forgetting costs nothing per key, where looking for the least recently set of
/// 4096 keys took a sixth of a burst of pods.
struct RecentMemory<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private let limit: Int
  private var recent: [Key: Value] = [:]
  private var older: [Key: Value] = [:]

  init(limit: Int) { self.limit = limit }

  /// Setting, not getting, is what makes a key recent.
  subscript(key: Key) -> Value? {
    get { recent[key] ?? older[key] }
    set {
      older[key] = nil
      recent[key] = newValue
      guard recent.count >= limit / 2 else { return }
      older = recent
      recent = [:]
    }
  }
}
