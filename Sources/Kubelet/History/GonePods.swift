import KubernetesAPI

/// Which pods have left the node, and when. Each new pod asks whether it is among them, so that must not take longer the more
/// there are.
struct GonePods {
  struct Entry {
    var identity: PodIdentity
    var at: Timestamp
  }

  /// Oldest first.
  private var entries: [Entry] = []
  private var uids: Set<String> = []

  init(_ entries: [Entry] = []) {
    self.entries = entries.sorted { $0.at < $1.at }
    uids = Set(entries.map { $0.identity.uid })
  }

  func contains(uid: String) -> Bool { uids.contains(uid) }

  func newest(where isWanted: (PodIdentity) -> Bool) -> PodIdentity? { entries.last { isWanted($0.identity) }?.identity }

  mutating func append(_ entry: Entry) {
    entries.append(entry)
    uids.insert(entry.identity.uid)
  }

  mutating func remove(_ back: Set<String>) {
    guard !uids.isDisjoint(with: back) else { return }
    entries.removeAll { back.contains($0.identity.uid) }
    uids.subtract(back)
  }

  /// - Returns: the UIDs of those that are forgotten: the oldest beyond a number, and whoever left before a time.
  mutating func removeOldest(beyond limit: Int, leftBefore time: Timestamp) -> [String] {
    let surplus = max(0, entries.count - limit)
    let position = entries.indices.dropFirst(surplus).first { entries[$0].at > time } ?? entries.count
    let forgotten = entries.prefix(position).map { $0.identity.uid }
    entries.removeFirst(position)
    uids.subtract(forgotten)
    return forgotten
  }
}
