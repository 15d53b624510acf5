import KubernetesAPI

/// Decides what becomes of an event: a new Event object, a higher count on an old one, or nothing.
package struct EventCorrelator: Sendable {
  /// What makes two events the same. Thousands are remembered, so they are kept as fingerprints: 128 bits seeded anew in
  /// each process, which nobody can make collide and chance does not.
  package struct Key: Sendable {
    fileprivate let object: Fingerprint
    fileprivate let event: Fingerprint

    package init(uid: String, fieldPath: String, type: String, reason: String, message: String) {
      object = Fingerprint([uid])
      event = Fingerprint([uid, fieldPath, type, reason, message])
    }
  }

  fileprivate struct Fingerprint: Sendable, Hashable {
    private let high: Int
    private let low: Int

    init(_ texts: [String]) {
      func half(_ number: Int) -> Int {
        var hasher = Hasher()
        hasher.combine(number)
        hasher.combine(texts)
        return hasher.finalize()
      }
      high = half(0)
      low = half(1)
    }
  }

  package enum Decision: Sendable, Equatable {
    case create
    /// `stamp` tells the Event that was made first.
    case raise(stamp: Int, count: Int)
    case drop
  }

  /// How many events are remembered, as upstream; those not seen for the longest time go first.
  package static let memoryLimit = 4096
  package static let burst = 25.0
  package static let secondsPerToken = 300.0

  private struct Memory {
    /// Nil while the Event is being made.
    var stamp: Int?
    var count: Int
  }

  private struct Bucket {
    var tokens: Double
    var filled: Timestamp
  }

  private var memory = RecentMemory<Fingerprint, Memory>(limit: memoryLimit)
  private var buckets = RecentMemory<Fingerprint, Bucket>(limit: memoryLimit)

  package init() {}

  package mutating func decide(_ key: Key, at now: Timestamp) -> Decision {
    guard takeToken(of: key.object, at: now) else { return .drop }
    if var known = memory[key.event], let stamp = known.stamp {
      known.count += 1
      memory[key.event] = known
      return .raise(stamp: stamp, count: known.count)
    }
    memory[key.event] = Memory(stamp: nil, count: 1)
    return .create
  }

  /// - Parameter stamp: what tells the Event from others of its object.
  package mutating func created(_ key: Key, stamp: Int) {
    memory[key.event] = Memory(stamp: stamp, count: 1)
  }

  package mutating func forget(_ key: Key) { memory[key.event] = nil }

  private mutating func takeToken(of object: Fingerprint, at now: Timestamp) -> Bool {
    var bucket = buckets[object] ?? Bucket(tokens: Self.burst, filled: now)
    let elapsed = Double(max(0, now.nanosecondsSinceEpoch - bucket.filled.nanosecondsSinceEpoch)) / 1e9
    bucket.tokens = min(Self.burst, bucket.tokens + elapsed / Self.secondsPerToken)
    bucket.filled = now
    let hasToken = bucket.tokens >= 1
    if hasToken { bucket.tokens -= 1 }
    buckets[object] = bucket
    return hasToken
  }
}
