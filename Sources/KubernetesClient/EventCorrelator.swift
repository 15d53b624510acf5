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

  /// How many events are remembered; the least recently seen goes first.
  package static let memoryLimit = 4096
  package static let burst = 25.0
  package static let secondsPerToken = 300.0

  private struct Memory {
    var event: ObjectKey?
    var count: Int
    var lastSeen: Timestamp
  }

  private struct Bucket {
    var tokens: Double
    var filled: Timestamp
  }

  private var memory: [Key: Memory] = [:]
  private var buckets: [String: Bucket] = [:]

  package init() {}

  package mutating func decide(_ key: Key, at now: Timestamp) -> Decision {
    guard takeToken(of: key.uid, at: now) else { return .drop }
    evictIfFull()
    if var known = memory[key], let event = known.event {
      known.count += 1
      known.lastSeen = now
      memory[key] = known
      return .raise(event, count: known.count)
    }
    memory[key] = Memory(event: nil, count: 1, lastSeen: now)
    return .create
  }

  package mutating func created(_ key: Key, _ event: ObjectKey) {
    memory[key]?.event = event
    memory[key]?.count = 1
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

  private mutating func evictIfFull() {
    if memory.count >= Self.memoryLimit, let oldest = memory.min(by: { $0.value.lastSeen < $1.value.lastSeen }) {
      memory[oldest.key] = nil
    }
    if buckets.count >= Self.memoryLimit, let oldest = buckets.min(by: { $0.value.filled < $1.value.filled }) {
      buckets[oldest.key] = nil
    }
  }
}
