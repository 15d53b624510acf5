import KubernetesAPI
import KubernetesClient
import Testing

@Suite struct EventCorrelatorTests {
  private static let key = EventCorrelator.Key(
    uid: "u", fieldPath: "", type: "Warning", reason: "BackOff", message: "again")
  private static let start = Timestamp(secondsSinceEpoch: 1_000_000)

  @Test func repeatsRaiseTheCount() {
    var correlator = EventCorrelator()
    #expect(correlator.decide(Self.key, at: Self.start) == .create)
    correlator.created(Self.key, stamp: 7)
    #expect(correlator.decide(Self.key, at: Self.start) == .raise(stamp: 7, count: 2))
    #expect(correlator.decide(Self.key, at: Self.start) == .raise(stamp: 7, count: 3))
  }

  @Test func anObjectThatSaysTooMuchIsThrottled() {
    var correlator = EventCorrelator()
    for _ in 0..<25 { #expect(correlator.decide(Self.key, at: Self.start) != .drop) }
    #expect(correlator.decide(Self.key, at: Self.start) == .drop)
    #expect(correlator.decide(Self.key, at: Self.start.adding(seconds: 299)) == .drop)
    #expect(correlator.decide(Self.key, at: Self.start.adding(seconds: 301)) != .drop)
  }

  /// What is seen again and again is remembered however much else happens; what is seen once is forgotten.
  @Test func whatIsSeenAgainIsRemembered() {
    var correlator = EventCorrelator()
    func key(_ uid: String) -> EventCorrelator.Key {
      EventCorrelator.Key(uid: uid, fieldPath: "", type: "Warning", reason: "BackOff", message: "again")
    }
    for uid in ["again", "once"] {
      #expect(correlator.decide(key(uid), at: Self.start) == .create)
      correlator.created(key(uid), stamp: 7)
    }
    var count = 1
    for number in 0..<2 * EventCorrelator.memoryLimit {
      #expect(correlator.decide(key("other\(number)"), at: Self.start) == .create)
      guard number.isMultiple(of: EventCorrelator.memoryLimit / 4) else { continue }
      count += 1
      #expect(correlator.decide(key("again"), at: Self.start) == .raise(stamp: 7, count: count))
    }
    #expect(count == 9)
    #expect(correlator.decide(key("once"), at: Self.start) == .create)
  }
}
