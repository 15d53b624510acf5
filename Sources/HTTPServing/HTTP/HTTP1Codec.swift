import NIOCore
import NIOHTTP1

/// The handlers that make HTTP/1.1 of bytes, kept together so that an upgrade can take them out again.
struct HTTP1Codec {
  private let encoder = HTTPResponseEncoder()
  private let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes))
  private let pipelining = HTTPServerPipelineHandler()
  private let validator = NIOHTTPResponseHeadersValidator()
  private let errors = HTTPServerProtocolErrorHandler()

  func add(to pipeline: ChannelPipeline.SynchronousOperations) throws {
    try pipeline.addHandlers([encoder, decoder, pipelining, validator, errors])
  }

  /// Writes the head of the answer, then leaves the pipeline. The decoder goes last and hands on what the client sent
  /// behind its request.
  func leave(_ pipeline: ChannelPipeline.SynchronousOperations, answering head: HTTPResponseHead, on channel: any Channel)
  {
    for handler in [pipelining, validator, errors] as [any RemovableChannelHandler] { pipeline.removeHandler(handler, promise: nil) }
    channel.writeAndFlush(HTTPServerResponsePart.head(head), promise: nil)
    pipeline.removeHandler(encoder, promise: nil)
    pipeline.removeHandler(decoder, promise: nil)
  }
}
