import CLinux
import Glibc
import LinuxSystem
import NIOCore
import Synchronization

/// Bytes from a task to a thread: the task is suspended while too much waits, the thread is blocked while nothing does.
final class ChunkChannel: Sendable {
  /// The thread gave up; nothing more is wanted.
  struct Abandoned: Error {}

  static let maximumWaitingBytes = 4 << 20

  private struct State {
    var chunks: [ByteBuffer] = []
    var waitingBytes = 0
    /// Set once: success is the end of the bytes.
    var ending: Result<Void, any Error>?
    var isAbandoned = false
    var isReaderWaiting = false
    var writer: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())
  private let wakeUp: Descriptor

  init() throws(SystemCallError) {
    wakeUp = Descriptor(owning: try systemCall("eventfd") { cl_eventfd(0) })
  }

  /// Hands bytes over; one task only.
  ///
  /// - Throws: `Abandoned` when the reader is gone.
  func send(_ chunk: ByteBuffer) async throws {
    let mustWait = try push(chunk)
    if mustWait {
      await withCheckedContinuation { continuation in
        let resumesNow = state.withLock { state in
          if state.waitingBytes <= Self.maximumWaitingBytes || state.isAbandoned { return true }
          state.writer = continuation
          return false
        }
        if resumesNow { continuation.resume() }
      }
    }
    if state.withLock({ $0.isAbandoned }) { throw Abandoned() }
  }

  /// - Returns: whether the writer should wait.
  private func push(_ chunk: ByteBuffer) throws(Abandoned) -> Bool {
    let (isAbandoned, mustWait, wakes) = state.withLock { state in
      if state.isAbandoned { return (true, false, false) }
      state.chunks.append(chunk)
      state.waitingBytes += chunk.readableBytes
      let wakes = state.isReaderWaiting
      state.isReaderWaiting = false
      return (false, state.waitingBytes > Self.maximumWaitingBytes, wakes)
    }
    if isAbandoned { throw Abandoned() }
    if wakes { eventfd_write(wakeUp.raw, 1) }
    return mustWait
  }

  /// The end, or why there is no more; the first call counts.
  func finish(_ ending: Result<Void, any Error>) {
    let wakes = state.withLock { state in
      state.ending = state.ending ?? ending
      defer { state.isReaderWaiting = false }
      return state.isReaderWaiting
    }
    if wakes { eventfd_write(wakeUp.raw, 1) }
  }

  /// Called when the reader stops before the end.
  func abandon() {
    let writer = state.withLock { state in
      state.isAbandoned = true
      state.chunks = []
      defer { state.writer = nil }
      return state.writer
    }
    writer?.resume()
  }

  /// Blocks the calling thread until there are bytes; nil at the end.
  func receive() throws -> ByteBuffer? {
    while true {
      if let result = try takeNow() { return result.chunk }
      var count: UInt64 = 0
      eventfd_read(wakeUp.raw, &count)
    }
  }

  private struct Taken { var chunk: ByteBuffer? }

  /// - Returns: nil when there is nothing yet.
  private func takeNow() throws -> Taken? {
    let (taken, ending, writer) = state.withLock {
      state -> (Taken?, Result<Void, any Error>?, CheckedContinuation<Void, Never>?) in
      guard !state.chunks.isEmpty else {
        state.isReaderWaiting = state.ending == nil
        return (nil, state.ending, nil)
      }
      let chunk = state.chunks.removeFirst()
      state.waitingBytes -= chunk.readableBytes
      guard state.waitingBytes <= Self.maximumWaitingBytes / 2 else { return (Taken(chunk: chunk), nil, nil) }
      defer { state.writer = nil }
      return (Taken(chunk: chunk), nil, state.writer)
    }
    writer?.resume()
    if let ending {
      try ending.get()
      return Taken(chunk: nil)
    }
    return taken
  }
}

/// The reading end of a channel.
final class ChannelSource: ByteSource {
  private let channel: ChunkChannel
  private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)

  init(_ channel: ChunkChannel) { self.channel = channel }

  deinit { buffer.deallocate() }

  func next() throws -> UnsafeRawBufferPointer? {
    guard let chunk = try channel.receive() else { return nil }
    let count = chunk.readableBytes
    if count > buffer.count {
      buffer.deallocate()
      buffer = .allocate(byteCount: count, alignment: 16)
    }
    chunk.withUnsafeReadableBytes { buffer.copyMemory(from: $0) }
    return UnsafeRawBufferPointer(rebasing: buffer[..<count])
  }
}
