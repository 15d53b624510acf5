import NIOCore
import Synchronization

/// The server's end of a SPDY connection: reads frames and does what `SPDYSession` says. Streams that the client opens
/// are accepted or refused at once, and then handed out.
final class SPDYConnection: Sendable {
  private struct State: ~Copyable {
    var session = SPDYSession()
    var encoder = SPDYEncoder()
    var streams: [UInt32: SPDYStream] = [:]
  }

  private let connection: any ByteConnection
  private let state = Mutex(State())

  init(_ connection: any ByteConnection) { self.connection = connection }

  /// Reads until the client says good-bye or is gone. `accept` judges the headers of each new stream, `open` gets those
  /// that were accepted and answered. Throws `SPDYError` for a client that breaks the protocol.
  func run(accept: @Sendable (SPDYHeaders) -> Bool, open: @Sendable (SPDYStream) -> Void) async throws {
    defer { end() }
    var decoder = SPDYDecoder()
    do {
      while let bytes = try await connection.read() {
        decoder.append(bytes)
        while let frame = try decoder.next() {
          for action in state.withLock({ $0.session.receive(frame) }) {
            if action == .goneAway { return }
            try await perform(action, accept, open)
          }
        }
      }
    } catch let error as SPDYError {
      goAway(status: 1)
      throw error
    }
  }

  private func perform(
    _ action: SPDYSession.Action, _ accept: @Sendable (SPDYHeaders) -> Bool, _ open: @Sendable (SPDYStream) -> Void
  ) async throws {
    switch action {
    case .send(let frame): _ = send(frame)
    case .open(let id, let headers):
      guard accept(headers) else { return reset(id, .refusedStream) }
      let stream = SPDYStream(id: id, headers: headers, connection: self)
      state.withLock { $0.streams[id] = stream }
      // The client drops what comes before the answer to its request for a stream.
      _ = send(.synReply(id: id, headers: SPDYHeaders(), isLast: false))
      open(stream)
    case .deliver(let id, let bytes): try await stream(id)?.inbox.write(bytes)
    case .finish(let id): stream(id)?.inbox.finish()
    case .abort(let id): abort(id)
    case .wake(let id): stream(id)?.signal.wake()
    case .goneAway: break
    }
  }

  private func stream(_ id: UInt32) -> SPDYStream? { state.withLock { $0.streams[id] } }

  /// Encodes and queues under one lock, so that header blocks go out in the order of their compression.
  private func send(_ frame: SPDYFrame) -> EventLoopFuture<Void> {
    state.withLock { state in connection.send(state.encoder.encode(frame)) }
  }

  private func abort(_ id: UInt32) {
    guard let stream = state.withLock({ $0.streams.removeValue(forKey: id) }) else { return }
    stream.inbox.finish(throwing: ConnectionGone())
    stream.signal.wake()
  }

  /// The connection is over for every stream.
  private func end() {
    for id in state.withLock({ Array($0.streams.keys) }) { abort(id) }
  }

  /// Tells the client that no further stream is taken.
  func goAway(status: UInt32 = 0) {
    _ = send(.goAway(lastGoodID: state.withLock { $0.session.lastID }, status: status))
    connection.linger()
  }

  func waitUntilClosed() async { await connection.waitUntilClosed() }
  func close() { connection.close() }
}

// MARK: what streams ask for

extension SPDYConnection {
  /// The longest DATA frame that we send.
  private static let pieceBytes = 32 * 1024

  fileprivate func write(_ stream: SPDYStream, _ bytes: [UInt8]) async throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let (count, isWritable) = state.withLock { state in
        (state.session.spend(stream.id, min(rest.count, Self.pieceBytes)), state.session.isWritable(stream.id))
      }
      guard isWritable, self.stream(stream.id) != nil else { throw ConnectionGone() }
      guard count > 0 else {
        try await stream.signal.wait()
        continue
      }
      try await send(.data(id: stream.id, Array(rest.prefix(count)), isLast: false)).get()
      rest = rest.dropFirst(count)
    }
  }

  fileprivate func consumed(_ stream: SPDYStream, _ count: Int) {
    for frame in state.withLock({ $0.session.consumed(stream.id, count) }) { _ = send(frame) }
  }

  fileprivate func closeWriting(_ stream: SPDYStream) -> EventLoopFuture<Void>? {
    guard state.withLock({ $0.session.finishLocal(stream.id) }) else { return nil }
    return send(.data(id: stream.id, [], isLast: true))
  }

  fileprivate func reset(_ id: UInt32, _ reason: SPDYReset) {
    guard state.withLock({ $0.session.remove(id) }) else { return }
    _ = send(.rstStream(id: id, reason))
    abort(id)
  }

  /// Both directions have ended, or nobody cares any more.
  fileprivate func forget(_ stream: SPDYStream) {
    state.withLock { state in
      _ = state.session.remove(stream.id)
      state.streams[stream.id] = nil
    }
  }
}

/// One stream of a SPDY connection. One task reads it and one writes it.
final class SPDYStream: Sendable {
  let id: UInt32
  let headers: SPDYHeaders
  private let connection: SPDYConnection
  fileprivate let inbox = BytePipe()
  fileprivate let signal = WakeSignal()

  fileprivate init(id: UInt32, headers: SPDYHeaders, connection: SPDYConnection) {
    self.id = id
    self.headers = headers
    self.connection = connection
  }

  /// The next bytes; nil when the client has closed its side. Throws when the stream or the connection broke.
  func read() async throws -> [UInt8]? {
    guard let bytes = try await inbox.read() else { return nil }
    connection.consumed(self, bytes.count)
    return bytes
  }

  /// Returns when the bytes went to the socket, which may have to wait for the client's window.
  func write(_ bytes: [UInt8]) async throws { try await connection.write(self, bytes) }

  /// Nothing more will be written.
  func closeWriting() async throws { try await connection.closeWriting(self)?.get() }

  /// Nothing more will be read; what still comes is dropped.
  func stopReading() { inbox.drain() }

  /// Both sides are done with it.
  func forget() {
    inbox.drain()
    connection.forget(self)
  }

  func reset() { connection.reset(id, .cancel) }
}
