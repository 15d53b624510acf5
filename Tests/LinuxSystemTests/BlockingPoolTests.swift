import Glibc
import LinuxSystem
import Testing

@Suite struct BlockingPoolTests {
  /// Holds a thread until the test lets it go.
  private final class Gate: Sendable {
    let read: Descriptor
    let write: Descriptor

    init() throws {
      var ends: [Int32] = [-1, -1]
      try #require(pipe(&ends) == 0)
      read = Descriptor(owning: ends[0])
      write = Descriptor(owning: ends[1])
    }

    func pass() throws { #expect(try read.waitReadable(timeoutMilliseconds: 60_000)) }
    func open() throws { try write.writeAll([1]) }
  }

  @Test func workGoesOnWhenEveryThreadHangs() async throws {
    let pool = try BlockingPool(name: "test", threads: 2, substitutes: 2)
    let gate = try Gate()
    async let first: Void = pool.run { try gate.pass() }
    async let second: Void = pool.run { try gate.pass() }
    async let third: Void = pool.run { try gate.pass() }
    // Three hang in a pool of two, and still somebody answers.
    for number in 0..<100 { #expect(try await pool.run { number } == number) }
    try gate.open()
    _ = try await (first, second, third)
    // The substitutes have gone, the pool works.
    #expect(try await pool.run { 1 } == 1)
    pool.stop()
  }

  @Test func whatIsQueuedBeforeTheStopIsDone() async throws {
    let pool = try BlockingPool(name: "test", threads: 1)
    let gate = try Gate()
    async let hanging: Void = pool.run { try gate.pass() }
    async let queued = pool.run { 7 }
    try gate.open()
    _ = try await hanging
    #expect(try await queued == 7)
    pool.stop()
    await #expect(throws: BlockingPool.Overloaded.self) { try await pool.run { 8 } }
  }
}
