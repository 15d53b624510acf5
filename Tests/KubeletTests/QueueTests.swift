import KubernetesAPI
import LinuxSystem
import Testing

@testable import Kubelet

@Suite(.timeLimit(.minutes(1))) struct QueueTests {
  /// With a timer of its own for each wait, and with a loop that keeps the time.
  enum Clockwork: CaseIterable { case tasks, loop }

  private func makeQueue<Key: Hashable & Sendable>(_ clockwork: Clockwork, of _: Key.Type) throws -> DeadlineQueue<Key> {
    switch clockwork {
    case .tasks: DeadlineQueue()
    case .loop: try DeadlineQueue(loop: EventLoopThread(name: "test"))
    }
  }

  @Test(arguments: Clockwork.allCases)
  func firesDeadlinesInOrderAndOnlyTheNewestOfAKey(clockwork: Clockwork) async throws {
    let queue = try makeQueue(clockwork, of: String.self)
    let start = ContinuousClock.now
    queue.set("late", at: start + .milliseconds(30))
    queue.set("moved", at: start + .milliseconds(5))
    queue.set("early", at: start + .milliseconds(10))
    queue.set("moved", at: start + .milliseconds(20))
    queue.set("gone", at: start + .milliseconds(1))
    queue.cancel("gone")
    var fired: [String] = []
    while fired.count < 3 { fired += await queue.next() ?? [] }
    #expect(fired == ["early", "moved", "late"])
    #expect(ContinuousClock.now >= start + .milliseconds(30))
  }

  @Test(arguments: Clockwork.allCases)
  func wakesForADeadlineThatComesBeforeTheOneItSleepsFor(clockwork: Clockwork) async throws {
    let queue = try makeQueue(clockwork, of: Int.self)
    queue.set(1, at: .now + .seconds(3600))
    async let first = queue.next()
    queue.set(2, at: .now)
    #expect(await first == [2])
  }

  @Test(arguments: Clockwork.allCases)
  func endsWithItsReader(clockwork: Clockwork) async throws {
    let queue = try makeQueue(clockwork, of: Int.self)
    let reader = Task { await queue.next() }
    reader.cancel()
    #expect(await reader.value == nil)
  }

  @Test func keepsOnlyTheNewestOfWhatReplacesEachOther() async {
    let mailbox = Mailbox<Int> { new, old in new % 10 == old % 10 }
    for message in [1, 2, 11, 3, 21] { mailbox.deliver(message) }
    #expect(await mailbox.next() == [21, 2, 3])
    mailbox.deliver(4)
    mailbox.close()
    #expect(await mailbox.next() == [4])
    #expect(await mailbox.next() == nil)
  }

  @Test func countsTimeWithoutJumps() {
    let clock = SteadyClock(wall: epoch)
    let later = clock.now().adding(seconds: 10)
    #expect(clock.at(clock.instant(of: later)) == later)
  }
}
