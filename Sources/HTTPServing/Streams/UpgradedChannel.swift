import NIOCore

/// The socket of a connection that has left HTTP.
struct UpgradedChannel: ByteConnection {
  let channel: any Channel
  let handler: NIOLoopBound<PullHandler<ByteBuffer>>
  let lingerTimeout: TimeAmount

  func read() async throws -> [UInt8]? {
    try await withTaskCancellationHandler {
      try await channel.eventLoop.flatSubmit { handler.value.next() }.get().map { Array(buffer: $0) }
    } onCancel: {
      close()
    }
  }

  func send(_ bytes: [UInt8]) -> EventLoopFuture<Void> { channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

  /// How a connection closed is of no interest here.
  func waitUntilClosed() async { _ = try? await channel.closeFuture.get() }

  func close() { channel.close(promise: nil) }

  func linger() {
    let force = channel.eventLoop.scheduleTask(in: lingerTimeout) { channel.close(promise: nil) }
    channel.closeFuture.whenComplete { _ in force.cancel() }
  }
}
