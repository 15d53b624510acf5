import KubernetesAPI
import LinuxSystem
import Testing

@testable import Kubelet

@Suite(.timeLimit(.minutes(1))) struct QueueTests {
  private let loop: EventLoopThread

  init() throws { loop = try EventLoopThread(name: "test") }

  @Test func firesDeadlinesInOrderAndOnlyTheNewestOfAKey() async throws {
    let queue = try DeadlineQueue<String>(loop: loop)
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

  @Test func wakesForADeadlineThatComesBeforeTheOneItSleepsFor() async throws {
    let queue = try DeadlineQueue<Int>(loop: loop)
    queue.set(1, at: .now + .seconds(3600))
    async let first = queue.next()
    queue.set(2, at: .now)
    #expect(await first == [2])
  }

  @Test func endsWithItsReader() async throws {
    let queue = try DeadlineQueue<Int>(loop: loop)
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
