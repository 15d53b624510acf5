import NIOCore

/// Reads from the socket only when somebody asks, so that the other side is held back by whoever consumes what it sends.
/// The last handler of its pipeline; everything here happens on the event loop.
final class PullHandler<Element: Sendable>: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = Element

  private let eventLoop: any EventLoop
  private var queue: [Element] = []
  private var waiting: EventLoopPromise<Element?>?
  /// Nil when the connection is closed.
  private var context: ChannelHandlerContext?
  private var failure: (any Error)?

  init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

  /// What comes next; nil when there will be nothing more. Fails with what broke the connection.
  func next() -> EventLoopFuture<Element?> {
    guard queue.isEmpty else { return eventLoop.makeSucceededFuture(queue.removeFirst()) }
    if let failure { return eventLoop.makeFailedFuture(failure) }
    guard let context else { return eventLoop.makeSucceededFuture(nil) }
    let promise = eventLoop.makePromise(of: Element?.self)
    waiting = promise
    context.read()
    return promise.futureResult
  }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { end() }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    queue.append(unwrapInboundIn(data))
    guard let promise = waiting else { return }
    waiting = nil
    promise.succeed(queue.removeFirst())
  }

  /// TLS and HTTP may need several reads from the socket for one of ours.
  func channelReadComplete(context: ChannelHandlerContext) {
    if waiting != nil { context.read() }
  }

  func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  /// The connection was silent for too long, or the server shuts down.
  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is IdleStateHandler.IdleStateEvent || event is ChannelShouldQuiesceEvent { context.close(promise: nil) }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    failure = error
    context.close(promise: nil)
  }

  private func end() {
    context = nil
    if let failure { waiting?.fail(failure) } else { waiting?.succeed(nil) }
    waiting = nil
  }
}
