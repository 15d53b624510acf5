/// SPDY frames as bytes. The header blocks of a connection share one compression, so they must be sent in the order in
/// which they were encoded.
struct SPDYEncoder: ~Copyable {
  private let deflater: SPDYHeaderDeflater

  init() { deflater = SPDYHeaderDeflater() }

  func encode(_ frame: SPDYFrame) -> [UInt8] {
    switch frame {
    case .synStream(let id, let headers, let isLast):
      // No associated stream, priority 0, no slot.
      return control(.synStream, isLast, words: [id, 0], [0, 0] + deflater.deflate(headers.block))
    case .synReply(let id, let headers, let isLast):
      return control(.synReply, isLast, words: [id], deflater.deflate(headers.block))
    case .headers(let id, let headers, let isLast):
      return control(.headers, isLast, words: [id], deflater.deflate(headers.block))
    case .rstStream(let id, let reset): return control(.rstStream, false, words: [id, reset.rawValue])
    case .settings(let settings):
      return control(
        .settings, false, words: [UInt32(settings.count)] + settings.flatMap { [$0.id, $0.value] })
    case .ping(let id): return control(.ping, false, words: [id])
    case .goAway(let lastGoodID, let status): return control(.goAway, false, words: [lastGoodID, status])
    case .windowUpdate(let id, let delta): return control(.windowUpdate, false, words: [id, delta])
    case .data(let id, let bytes, let isLast): return Self.frame(id, isLast, bytes)
    }
  }

  private func control(
    _ kind: SPDYFrame.Kind, _ isLast: Bool, words: [UInt32], _ rest: [UInt8] = []
  ) -> [UInt8] {
    var body: [UInt8] = []
    for word in words { body.append(bigEndian: word) }
    body.append(contentsOf: rest)
    return Self.frame(UInt32(0x8000 | SPDYFrame.version) << 16 | UInt32(kind.rawValue), isLast, body)
  }

  private static func frame(_ word: UInt32, _ isLast: Bool, _ body: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(8 + body.count)
    output.append(bigEndian: word)
    output.append(bigEndian: UInt32(isLast ? SPDYFrame.lastFlag : 0) << 24 | UInt32(body.count))
    output.append(contentsOf: body)
    return output
  }
}
