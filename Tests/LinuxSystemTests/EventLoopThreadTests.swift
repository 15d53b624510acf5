import Glibc
import LinuxSystem
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct EventLoopThreadTests {
  private static var thread: UInt { UInt(pthread_self()) }

  /// Suspends until the other task has had its turn.
  private func thread(after value: Int) async -> (UInt, Int) {
    let value = await withCheckedContinuation { continuation in Task { continuation.resume(returning: value) } }
    return (Self.thread, value)
  }

  @Test func tasksThatPreferItRunOnItsThread() async throws {
    let loop = try EventLoopThread(name: "test")
    let threads = await withTaskExecutorPreference(loop) {
      await withTaskGroup(of: (UInt, Int).self) { group in
        for number in 0..<1000 { group.addTask { await thread(after: number) } }
        var sum = 0
        var threads: Set<UInt> = [Self.thread]
        for await (thread, number) in group {
          threads.insert(thread)
          sum += number
        }
        #expect(sum == 499_500)
        return threads
      }
    }
    #expect(threads.count == 1)
    loop.stop()
  }

  @Test func handlersHaveTheirTurnBetweenJobsWithoutEnd() async throws {
    let loop = try EventLoopThread(name: "test")
    let (read, write) = try Descriptor.pipe()
    let isHeard = Atomic(false)
    let token = try loop.add(read, [.readable, .oneShot]) { _ in isHeard.store(true, ordering: .relaxed) }
    await withTaskExecutorPreference(loop) {
      _ = try? write.writeAll([1])
      while !isHeard.load(ordering: .relaxed) { await Task.yield() }
    }
    loop.remove(token)
    loop.stop()
  }

  @Test func tasksGoOnElsewhereAfterItsEnd() async throws {
    let loop = try EventLoopThread(name: "test")
    let (own, other) = await withTaskExecutorPreference(loop) {
      let own = Self.thread
      loop.stop()
      return (own, await thread(after: 1).0)
    }
    #expect(own != other)
  }

  @Test func anAlarmRingsWhenItIsTime() async throws {
    let loop = try EventLoopThread(name: "test")
    let (rings, continuation) = AsyncStream.makeStream(of: ContinuousClock.Instant.self)
    let alarm = try Alarm(loop: loop) { continuation.yield(.now) }
    var ring = rings.makeAsyncIterator()
    let start = ContinuousClock.now
    alarm.set(start + .seconds(3600))
    alarm.set(start + .milliseconds(20))
    #expect(try #require(await ring.next()) >= start + .milliseconds(20))
    alarm.set(start)
    #expect(await ring.next() != nil)
    loop.stop()
  }
}
