/// A client's bytes as frames and messages: a pure value that keeps what is incomplete, within bounds.
struct WebSocketDecoder: Sendable {
  enum Event: Sendable, Equatable {
    case message([UInt8], isText: Bool)
    case ping([UInt8])
    case pong
    /// The client's status code; nil when it gave none.
    case close(UInt16?)
  }

  /// As in the library that upstream's server uses.
  static let maximumMessageBytes = 32 * 1024 * 1024

  private var buffer = ByteQueue()
  private var partial: (payload: [UInt8], isText: Bool)?
  private let limit: Int

  init(maximumMessageBytes: Int = Self.maximumMessageBytes) { limit = maximumMessageBytes }

  mutating func append(_ bytes: [UInt8]) { buffer.append(bytes) }

  /// The next whole message or control frame; nil when more bytes are needed.
  mutating func next() throws(WebSocketError) -> Event? {
    while let frame = try nextFrame() {
      if let event = try event(of: frame) { return event }
    }
    return nil
  }

  private mutating func event(of frame: WebSocketFrame) throws(WebSocketError) -> Event? {
    switch frame.opcode {
    case .ping: return .ping(frame.payload)
    case .pong: return .pong
    case .close:
      let code = frame.payload.count < 2 ? nil : UInt16(frame.payload[0]) << 8 | UInt16(frame.payload[1])
      return .close(code)
    case .text, .binary:
      guard partial == nil else { throw .unfinishedMessage }
      if frame.isFinal { return .message(frame.payload, isText: frame.opcode == .text) }
      partial = (frame.payload, frame.opcode == .text)
    case .continuation:
      guard partial != nil else { throw .unexpectedContinuation }
      partial?.payload.append(contentsOf: frame.payload)
      guard frame.isFinal, let (payload, isText) = partial else { return nil }
      partial = nil
      return .message(payload, isText: isText)
    }
    return nil
  }

  private mutating func nextFrame() throws(WebSocketError) -> WebSocketFrame? {
    guard let head = try readHead() else { return nil }
    guard buffer.count >= head.length + head.bodyBytes else { return nil }
    buffer.drop(head.length)
    var payload = buffer.take(head.bodyBytes)
    for index in payload.indices { payload[index] ^= head.mask[index & 3] }
    return WebSocketFrame(head.opcode, isFinal: head.isFinal, payload)
  }

  private struct Head {
    var opcode: WebSocketFrame.Opcode
    var isFinal: Bool
    /// Of the head itself.
    var length: Int
    var bodyBytes: Int
    var mask: [UInt8]
  }

  /// The head of the frame at the front; nil when it is not whole yet. Checked as soon as it can be, so a hostile length
  /// is refused before anything of it is kept.
  private func readHead() throws(WebSocketError) -> Head? {
    guard buffer.count >= 2 else { return nil }
    guard buffer[0] & 0x70 == 0 else { throw .reservedBits }
    guard let opcode = WebSocketFrame.Opcode(rawValue: buffer[0] & 0x0F) else {
      throw .unknownOpcode(buffer[0] & 0x0F)
    }
    guard buffer[1] & 0x80 != 0 else { throw .unmaskedFrame }
    let isFinal = buffer[0] & 0x80 != 0
    let short = Int(buffer[1] & 0x7F)
    if opcode.isControl, !isFinal || short > 125 { throw .badControlFrame }
    let extra = short == 126 ? 2 : short == 127 ? 8 : 0
    guard buffer.count >= 2 + extra else { return nil }
    let size = extra == 0 ? UInt64(short) : (2..<2 + extra).reduce(UInt64(0)) { $0 << 8 | UInt64(buffer[$1]) }
    guard size <= UInt64(limit - (partial?.payload.count ?? 0)) else { throw .tooLarge(limitBytes: limit) }
    guard buffer.count >= 6 + extra else { return nil }
    return Head(
      opcode: opcode, isFinal: isFinal, length: 6 + extra, bodyBytes: Int(size),
      mask: (2 + extra..<6 + extra).map { buffer[$0] })
  }
}
