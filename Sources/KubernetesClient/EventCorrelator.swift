import KubernetesAPI

/// Decides what becomes of an event: a new Event object, a higher count on an old one, or nothing.
package struct EventCorrelator: Sendable {
  package struct Key: Sendable, Hashable {
    var uid: String
    var fieldPath: String
    var type: String
    var reason: String
    var message: String

    package init(uid: String, fieldPath: String, type: String, reason: String, message: String) {
      self.uid = uid
      self.fieldPath = fieldPath
      self.type = type
      self.reason = reason
      self.message = message
    }
  }

  package enum Decision: Sendable, Equatable {
    case create
    case raise(ObjectKey, count: Int)
    case drop
  }

  /// How many events are remembered, as upstream; those not seen for the longest time go first.
  package static let memoryLimit = 4096
  package static let burst = 25.0
  package static let secondsPerToken = 300.0

  private struct Memory {
    var event: ObjectKey?
    var count: Int
  }

  private struct Bucket {
    var tokens: Double
    var filled: Timestamp
  }

  private var memory = RecentMemory<Key, Memory>(limit: memoryLimit)
  private var buckets = RecentMemory<String, Bucket>(limit: memoryLimit)

  package init() {}

  package mutating func decide(_ key: Key, at now: Timestamp) -> Decision {
    guard takeToken(of: key.uid, at: now) else { return .drop }
    if var known = memory[key], let event = known.event {
      known.count += 1
      memory[key] = known
      return .raise(event, count: known.count)
    }
    memory[key] = Memory(event: nil, count: 1)
    return .create
  }

  package mutating func created(_ key: Key, _ event: ObjectKey) {
    memory[key] = Memory(event: event, count: 1)
  }

  package mutating func forget(_ key: Key) { memory[key] = nil }

  private mutating func takeToken(of uid: String, at now: Timestamp) -> Bool {
    var bucket = buckets[uid] ?? Bucket(tokens: Self.burst, filled: now)
    let elapsed = Double(max(0, now.nanosecondsSinceEpoch - bucket.filled.nanosecondsSinceEpoch)) / 1e9
    bucket.tokens = min(Self.burst, bucket.tokens + elapsed / Self.secondsPerToken)
    bucket.filled = now
    let hasToken = bucket.tokens >= 1
    if hasToken { bucket.tokens -= 1 }
    buckets[uid] = bucket
    return hasToken
  }
}
