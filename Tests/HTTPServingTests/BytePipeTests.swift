import Testing

@testable import HTTPServing

struct BytePipeTests {
  @Test func carriesBytesInOrderToTheEnd() async throws {
    let pipe = BytePipe(capacity: 10)
    async let written: Void = {
      for number in 0..<100 { try await pipe.write([UInt8](repeating: UInt8(number), count: 7)) }
      pipe.finish()
    }()
    var count = 0
    while let bytes = try await pipe.read() {
      #expect(bytes == [UInt8](repeating: UInt8(count), count: 7))
      count += 1
    }
    try await written
    #expect(count == 100)
    #expect(try await pipe.read() == nil)
  }

  @Test func holdsBackTheWriter() async throws {
    let pipe = BytePipe(capacity: 4)
    try await pipe.write([1, 2, 3, 4])
    let order = AsyncStream<String>.makeStream()
    async let second: Void = {
      try await pipe.write([5])
      order.continuation.yield("written")
    }()
    order.continuation.yield("read")
    #expect(try await pipe.read() == [1, 2, 3, 4])
    try await second
    #expect(try await pipe.read() == [5])
  }

  @Test func endsWithTheError() async throws {
    let pipe = BytePipe()
    try await pipe.write([1])
    pipe.finish(throwing: ConnectionGone())
    #expect(try await pipe.read() == [1])
    await #expect(throws: ConnectionGone.self) { try await pipe.read() }
  }

  @Test func letsTheWriterGoWhenNobodyReads() async throws {
    let pipe = BytePipe(capacity: 1)
    async let stuck: Void = pipe.write([1, 2, 3])
    pipe.drain()
    try await stuck
    try await pipe.write([UInt8](repeating: 0, count: 1000))
  }

  @Test func wakesWhoIsCancelled() async throws {
    let pipe = BytePipe(capacity: 1)
    // Both wait for ever unless cancelling wakes them.
    let reader = Task { try await pipe.read() }
    reader.cancel()
    await #expect(throws: CancellationError.self) { try await reader.value }
    let full = BytePipe(capacity: 1)
    let writer = Task { try await full.write([1, 2]) }
    writer.cancel()
    await #expect(throws: CancellationError.self) { try await writer.value }
  }
}
