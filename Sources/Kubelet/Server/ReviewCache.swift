/// What the API answered, for as long as the answer may be believed: a pure value. Bounded; what would be forgotten first
/// anyway makes room.
struct ReviewCache<Question: Hashable & Sendable, Answer: Sendable>: Sendable {
  private struct Entry {
    var answer: Answer
    var end: ContinuousClock.Instant
  }

  private let limit: Int
  private var entries: [Question: Entry] = [:]

  init(limit: Int = 1024) { self.limit = limit }

  var count: Int { entries.count }

  /// Nil when it was never asked, or too long ago.
  func answer(to question: Question, now: ContinuousClock.Instant) -> Answer? {
    guard let entry = entries[question], now < entry.end else { return nil }
    return entry.answer
  }

  mutating func remember(
    _ answer: Answer, to question: Question, for life: Duration, now: ContinuousClock.Instant
  ) {
    if entries[question] == nil, entries.count >= limit { makeRoom(now: now) }
    entries[question] = Entry(answer: answer, end: now + life)
  }

  private mutating func makeRoom(now: ContinuousClock.Instant) {
    entries = entries.filter { now < $0.value.end }
    guard entries.count >= limit, let first = entries.min(by: { $0.value.end < $1.value.end }) else { return }
    entries[first.key] = nil
  }
}
