import KubernetesAPI
import KubernetesClient
import Testing

@Suite struct EventCorrelatorTests {
  private static let key = EventCorrelator.Key(
    uid: "u", fieldPath: "", type: "Warning", reason: "BackOff", message: "again")
  private static let start = Timestamp(secondsSinceEpoch: 1_000_000)

  @Test func repeatsRaiseTheCount() {
    var correlator = EventCorrelator()
    let event = ObjectKey(namespace: "n", name: "e")
    #expect(correlator.decide(Self.key, at: Self.start) == .create)
    correlator.created(Self.key, event)
    #expect(correlator.decide(Self.key, at: Self.start) == .raise(event, count: 2))
    #expect(correlator.decide(Self.key, at: Self.start) == .raise(event, count: 3))
  }

  @Test func anObjectThatSaysTooMuchIsThrottled() {
    var correlator = EventCorrelator()
    for _ in 0..<25 { #expect(correlator.decide(Self.key, at: Self.start) != .drop) }
    #expect(correlator.decide(Self.key, at: Self.start) == .drop)
    #expect(correlator.decide(Self.key, at: Self.start.adding(seconds: 299)) == .drop)
    #expect(correlator.decide(Self.key, at: Self.start.adding(seconds: 301)) != .drop)
  }
}
