import KubernetesClient
import Testing

@Suite struct WorkQueueTests {
  @Test func aWaitingKeyIsQueuedOnce() async {
    let queue = WorkQueue<String>()
    queue.add("a")
    queue.add("b")
    queue.add("a")
    #expect(await queue.next() == "a")
    #expect(await queue.next() == "b")
    #expect(queue.count == 0)
  }

  @Test func aKeyInWorkComesBackAfterDone() async {
    let queue = WorkQueue<String>()
    queue.add("a")
    #expect(await queue.next() == "a")
    queue.add("a")
    queue.add("b")
    #expect(await queue.next() == "b")
    queue.done("a")
    #expect(await queue.next() == "a")
  }

  @Test func aReaderIsWokenByAnAdd() async {
    let queue = WorkQueue<String>()
    async let next = queue.next()
    queue.add("a")
    #expect(await next == "a")
  }

  @Test func shuttingDownEndsReaders() async {
    let queue = WorkQueue<String>()
    async let one = queue.next()
    async let two = queue.next()
    queue.shutDown()
    #expect(await one == nil)
    #expect(await two == nil)
  }

  @Test func cancellationEndsAReader() async {
    let queue = WorkQueue<String>()
    let reader = Task { await queue.next() }
    reader.cancel()
    #expect(await reader.value == nil)
  }

  @Test func delayedKeysArriveInTheirTime() async {
    let queue = WorkQueue<String>()
    queue.add("late", after: .seconds(3600))
    queue.add("early", after: .milliseconds(10))
    #expect(await queue.next() == "early")
  }

  @Test func backoffDoublesUpToItsBound() {
    var backoff = Backoff(initial: .seconds(10), maximum: .seconds(300))
    let delays = (0..<7).map { _ in backoff.next() }
    #expect(delays == [10, 20, 40, 80, 160, 300, 300].map { Duration.seconds($0) })
    backoff.reset()
    #expect(backoff.next() == .seconds(10))
  }
}
