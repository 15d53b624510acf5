import NIOCore
import Synchronization
import Testing

@testable import ImageStore

@Suite struct InFlightTests {
  @Test func callersOfTheSameKeyShareTheWork() async throws {
    let inFlight = InFlight<String, Int>()
    let calls = Mutex(0)
    let (gate, opener) = AsyncStream<Void>.makeStream()
    let work = { @Sendable () async throws -> Int in
      for await _ in gate { break }
      return calls.withLock { calls in
        calls += 1
        return calls
      }
    }
    async let first = inFlight.run("a", work)
    async let second = inFlight.run("a", work)
    #expect(try await inFlight.run("b") { 8 } == 8)
    while inFlight.waiters("a") < 2 { await Task.yield() }
    opener.yield()
    #expect(try await [first, second] == [1, 1])
    #expect(try await inFlight.run("a") { 9 } == 9)
  }

  @Test func errorsReachEveryCallerAndAreForgotten() async throws {
    struct Broken: Error {}
    let inFlight = InFlight<String, Int>()
    await #expect(throws: Broken.self) { try await inFlight.run("a") { throw Broken() } }
    #expect(try await inFlight.run("a") { 1 } == 1)
  }

  @Test func theWorkEndsWithItsLastCaller() async throws {
    let inFlight = InFlight<String, Int>()
    let (started, start) = AsyncStream<Void>.makeStream()
    let caller = Task {
      try await inFlight.run("a") {
        start.yield()
        try await Task.sleep(for: .seconds(3600))
        return 1
      }
    }
    for await _ in started { break }
    caller.cancel()
    await #expect(throws: CancellationError.self) { try await caller.value }
  }
}

@Suite struct ChunkChannelTests {
  @Test func bytesArriveInOrderAndTheWriterWaits() async throws {
    let channel = try ChunkChannel()
    let count = 3 * ChunkChannel.maximumWaitingBytes / 65536
    async let total = BlockingThread.run {
      let source = ChannelSource(channel)
      var bytes: [UInt8] = []
      while let chunk = try source.next() { bytes.append(chunk[0]) }
      return bytes
    }
    for index in 0..<count { try await channel.send(ByteBuffer(repeating: UInt8(index % 251), count: 65536)) }
    channel.finish(.success(()))
    #expect(try await total == (0..<count).map { UInt8($0 % 251) })
  }

  @Test func aFailureOfTheWriterReachesTheReader() async throws {
    struct Cut: Error {}
    let channel = try ChunkChannel()
    try await channel.send(ByteBuffer(string: "x"))
    channel.finish(.failure(Cut()))
    let source = ChannelSource(channel)
    #expect(try source.next()?.count == 1)
    #expect(throws: Cut.self) { try source.next() }
  }

  @Test func aReaderThatGivesUpFreesTheWriter() async throws {
    let channel = try ChunkChannel()
    let writing = Task {
      while true { try await channel.send(ByteBuffer(repeating: 0, count: 1 << 20)) }
    }
    _ = try await BlockingThread.run { try ChannelSource(channel).next()?.count }
    channel.abandon()
    await #expect(throws: ChunkChannel.Abandoned.self) { try await writing.value }
  }
}

@Suite struct SlotsTests {
  private final class Counts: Sendable {
    let state = Mutex((now: 0, most: 0, all: 0))

    func enter() { state.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1), $0.all + 1) } }
    func leave() { state.withLock { $0.now -= 1 } }
  }

  @Test func soManyRunAtOnceAndAllGetTheirTurn() async throws {
    let slots = Slots(count: 2)
    let counts = Counts()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<20 {
        group.addTask {
          try await slots.with {
            counts.enter()
            for _ in 0..<10 { await Task.yield() }
            counts.leave()
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(counts.state.withLock { $0.most } <= 2)
    #expect(counts.state.withLock { $0.all } == 20)
  }
}
