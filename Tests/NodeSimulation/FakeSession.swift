import Kubelet
import KubernetesAPI
import Synchronization

/// A command or container without a process: the test says what it writes and how it ends.
package final class FakeSession: RuntimeSession {
  private struct State {
    var input: [UInt8] = []
    var isInputClosed = false
    var sizes: [TerminalSize] = []
    var isClosed = false
    var refusesInput = false
  }

  package let command: [String]
  package let options: RemoteStreamOptions
  /// Of the terminal as the command found it.
  package let firstSize: TerminalSize?
  private let state = Mutex(State())
  private let outputs: [RemoteOutput: FakeQueue<[UInt8]>]
  private let exit = FakeQueue<Int>()

  init(command: [String], _ options: RemoteStreamOptions, size: TerminalSize? = nil) {
    self.command = command
    self.options = options
    firstSize = size
    outputs = [.standardOutput: FakeQueue(), .standardError: FakeQueue()]
  }

  package var input: String { String(decoding: state.withLock { $0.input }, as: UTF8.self) }
  package var isInputClosed: Bool { state.withLock { $0.isInputClosed } }
  package var sizes: [TerminalSize] { state.withLock { $0.sizes } }
  package var isClosed: Bool { state.withLock { $0.isClosed } }
  package func refuseInput() { state.withLock { $0.refusesInput = true } }

  /// What the process does.
  package func say(_ text: String, on output: RemoteOutput = .standardOutput) { outputs[output]?.put(Array(text.utf8)) }
  package func endOutput() { for queue in outputs.values { queue.finish() } }
  package func end(code: Int) {
    endOutput()
    exit.put(code)
  }

  package var hasInput: Bool { options.stdin }
  package func read(_ output: RemoteOutput) async throws -> [UInt8]? { try await outputs[output]?.next() }

  package func write(_ bytes: [UInt8]) async throws {
    try state.withLock { state in
      if state.refusesInput { throw FakeRefusal() }
      state.input += bytes
    }
  }

  package func closeInput() async throws { state.withLock { $0.isInputClosed = true } }
  package func resize(_ size: TerminalSize) throws { state.withLock { $0.sizes.append(size) } }
  package func exitCode() async throws -> Int { try await exit.next() ?? 0 }
  package func close() { state.withLock { $0.isClosed = true } }
}

/// A client of exec or attach: the test says what it sends.
package final class FakeClient: RemoteStreams {
  private struct State {
    var received: [RemoteOutput: [UInt8]] = [:]
    var isGone = false
  }

  private let state = Mutex(State())
  private let input = FakeQueue<[UInt8]>()
  private let sizes = FakeQueue<TerminalSize>()

  package init() {}

  package func send(_ text: String) { input.put(Array(text.utf8)) }
  package func closeInput() { input.finish() }
  package func resize(columns: Int, rows: Int) { sizes.put(TerminalSize(columns: columns, rows: rows)) }

  /// From here on every call fails.
  package func leave() {
    state.withLock { $0.isGone = true }
    input.fail()
    sizes.fail()
  }

  package func received(_ output: RemoteOutput = .standardOutput) -> String {
    String(decoding: state.withLock { $0.received[output] ?? [] }, as: UTF8.self)
  }

  package func readInput() async throws -> [UInt8]? { try await input.next() }
  package func nextTerminalSize() async throws -> TerminalSize? { try await sizes.next() }

  package func write(_ bytes: [UInt8], to output: RemoteOutput) async throws {
    try state.withLock { state in
      if state.isGone { throw FakeRefusal() }
      state.received[output, default: []] += bytes
    }
  }
}

package struct FakeRefusal: Error, CustomStringConvertible {
  package var description: String { "connection refused" }
}

/// Values on their way to one reader.
final class FakeQueue<Value: Sendable>: Sendable {
  private let stream: AsyncThrowingStream<Value, any Error>
  private let continuation: AsyncThrowingStream<Value, any Error>.Continuation
  private let reader: FakeQueueReader<Value>

  init() {
    (stream, continuation) = AsyncThrowingStream.makeStream()
    reader = FakeQueueReader(stream)
  }

  func put(_ value: Value) { continuation.yield(value) }
  func finish() { continuation.finish() }
  func fail() { continuation.finish(throwing: FakeRefusal()) }

  func next() async throws -> Value? {
    let value = try await reader.next()
    try Task.checkCancellation()
    return value
  }
}

private actor FakeQueueReader<Value: Sendable> {
  private var iterator: AsyncThrowingStream<Value, any Error>.Iterator

  init(_ stream: AsyncThrowingStream<Value, any Error>) { iterator = stream.makeAsyncIterator() }

  func next() async throws -> Value? {
    var iterator = iterator
    defer { self.iterator = iterator }
    return try await iterator.next(isolation: self)
  }
}

/// Says back what it is told.
final class FakeConnection: ForwardedConnection {
  private let bytes = FakeQueue<[UInt8]>()

  func read() async throws -> [UInt8]? { try await bytes.next() }
  func write(_ bytes: [UInt8]) async throws { self.bytes.put(bytes) }
  func closeWriting() async throws { bytes.finish() }
  func close() async { bytes.finish() }
}
