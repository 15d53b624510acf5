/// A peer's bytes as SPDY frames, within bounds. DATA comes in pieces as it arrives, so no frame length that a peer
/// announces makes us keep its bytes.
struct SPDYDecoder: ~Copyable {
  static let maximumControlBytes = 64 * 1024

  private var buffer = ByteQueue()
  /// The DATA frame that is under way.
  private var data: (id: UInt32, remaining: Int, isLast: Bool)?
  private let inflater: SPDYHeaderInflater

  init() { inflater = SPDYHeaderInflater() }

  mutating func append(_ bytes: [UInt8]) { buffer.append(bytes) }

  /// The next frame; nil when more bytes are needed.
  mutating func next() throws(SPDYError) -> SPDYFrame? {
    while true {
      if let data { return piece(data) }
      guard buffer.count >= 8 else { return nil }
      let (word, length) = (buffer.bigEndian32(at: 0), Int(buffer.bigEndian32(at: 4) & 0xFF_FFFF))
      let flags = buffer[4]
      if word & 0x8000_0000 == 0 {
        guard word != 0 else { throw .malformed("DATA") }
        buffer.drop(8)
        data = (word, length, flags & SPDYFrame.lastFlag != 0)
        continue
      }
      guard length <= Self.maximumControlBytes else { throw .controlFrameTooLarge(bytes: length) }
      let version = UInt16(word >> 16 & 0x7FFF)
      guard version == SPDYFrame.version else { throw .unsupportedVersion(version) }
      guard buffer.count >= 8 + length else { return nil }
      buffer.drop(8)
      var body = ByteQueue()
      body.append(buffer.take(length))
      if let frame = try control(UInt16(truncatingIfNeeded: word), flags: flags, body) { return frame }
    }
  }

  private mutating func piece(_ frame: (id: UInt32, remaining: Int, isLast: Bool)) -> SPDYFrame? {
    guard frame.remaining > 0 else {
      data = nil
      return .data(id: frame.id, [], isLast: frame.isLast)
    }
    guard buffer.count > 0 else { return nil }
    let bytes = buffer.take(min(buffer.count, frame.remaining))
    let rest = frame.remaining - bytes.count
    data = rest > 0 ? (frame.id, rest, frame.isLast) : nil
    return .data(id: frame.id, bytes, isLast: rest == 0 && frame.isLast)
  }

  /// Nil for a kind of frame that we do not know: it is skipped.
  private func control(_ number: UInt16, flags: UInt8, _ body: ByteQueue) throws(SPDYError) -> SPDYFrame? {
    guard let kind = SPDYFrame.Kind(rawValue: number) else { return nil }
    let isLast = flags & SPDYFrame.lastFlag != 0
    switch kind {
    case .synStream:
      guard body.count >= 10 else { throw .malformed("SYN_STREAM") }
      return .synStream(id: try id(body), headers: try headers(body, after: 10), isLast: isLast)
    case .synReply:
      guard body.count >= 4 else { throw .malformed("SYN_REPLY") }
      return .synReply(id: try id(body), headers: try headers(body, after: 4), isLast: isLast)
    case .headers:
      guard body.count >= 4 else { throw .malformed("HEADERS") }
      return .headers(id: try id(body), headers: try headers(body, after: 4), isLast: isLast)
    case .rstStream:
      guard body.count == 8, let reset = SPDYReset(rawValue: body.bigEndian32(at: 4)) else {
        throw .malformed("RST_STREAM")
      }
      return .rstStream(id: try id(body), reset)
    case .settings: return try settings(body)
    case .ping:
      guard body.count == 4 else { throw .malformed("PING") }
      return .ping(body.bigEndian32(at: 0))
    case .goAway:
      guard body.count == 8 else { throw .malformed("GOAWAY") }
      return .goAway(lastGoodID: body.bigEndian32(at: 0) & 0x7FFF_FFFF, status: body.bigEndian32(at: 4))
    case .windowUpdate:
      guard body.count == 8 else { throw .malformed("WINDOW_UPDATE") }
      return .windowUpdate(
        id: body.bigEndian32(at: 0) & 0x7FFF_FFFF, delta: body.bigEndian32(at: 4) & 0x7FFF_FFFF)
    }
  }

  private func id(_ body: ByteQueue) throws(SPDYError) -> UInt32 {
    let id = body.bigEndian32(at: 0) & 0x7FFF_FFFF
    guard id != 0 else { throw .malformed("stream 0") }
    return id
  }

  private func settings(_ body: ByteQueue) throws(SPDYError) -> SPDYFrame {
    guard body.count >= 4 else { throw .malformed("SETTINGS") }
    let count = Int(body.bigEndian32(at: 0))
    guard body.count == 4 + count * 8 else { throw .malformed("SETTINGS") }
    return .settings(
      (0..<count).map {
        SPDYFrame.Setting(
          id: body.bigEndian32(at: 4 + $0 * 8) & 0xFF_FFFF, value: body.bigEndian32(at: 8 + $0 * 8))
      })
  }

  private func headers(_ body: ByteQueue, after start: Int) throws(SPDYError) -> SPDYHeaders {
    var rest = body
    rest.drop(start)
    return try SPDYHeaders(block: inflater.inflate(rest.take(rest.count)))
  }
}
