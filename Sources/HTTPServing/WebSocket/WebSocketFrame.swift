/// One frame of RFC 6455, unmasked.
struct WebSocketFrame: Sendable, Equatable {
  enum Opcode: UInt8, Sendable {
    case continuation = 0
    case text = 1
    case binary = 2
    case close = 8
    case ping = 9
    case pong = 10

    var isControl: Bool { rawValue & 8 != 0 }
  }

  var opcode: Opcode
  var isFinal = true
  var payload: [UInt8]

  init(_ opcode: Opcode, isFinal: Bool = true, _ payload: [UInt8]) {
    self.opcode = opcode
    self.isFinal = isFinal
    self.payload = payload
  }

  /// The close frame of a status code (section 7.4.1).
  static func close(_ code: UInt16) -> WebSocketFrame {
    WebSocketFrame(.close, [UInt8(code >> 8), UInt8(truncatingIfNeeded: code)])
  }

  /// The frame as a server sends it: without a mask.
  var bytes: [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(payload.count + 10)
    output.append((isFinal ? 0x80 : 0) | opcode.rawValue)
    switch payload.count {
    case ..<126: output.append(UInt8(payload.count))
    case ..<65536:
      output.append(126)
      output.append(bigEndian: UInt16(payload.count))
    default:
      output.append(127)
      output.append(bigEndian: UInt64(payload.count))
    }
    output.append(contentsOf: payload)
    return output
  }
}

/// What a client does that it must not; the connection ends with `closeCode`.
enum WebSocketError: Error, Equatable, CustomStringConvertible {
  case reservedBits
  case unknownOpcode(UInt8)
  case unmaskedFrame
  case badControlFrame
  case unexpectedContinuation
  case unfinishedMessage
  case tooLarge(limitBytes: Int)

  var closeCode: UInt16 { if case .tooLarge = self { 1009 } else { 1002 } }

  var description: String {
    switch self {
    case .reservedBits: "websocket frame with reserved bits"
    case .unknownOpcode(let code): "websocket frame with unknown opcode \(code)"
    case .unmaskedFrame: "websocket frame of a client without a mask"
    case .badControlFrame: "websocket control frame that is fragmented or longer than 125 bytes"
    case .unexpectedContinuation: "websocket continuation of no message"
    case .unfinishedMessage: "websocket message that begins inside another"
    case .tooLarge(let limit): "websocket message of more than \(limit) bytes"
    }
  }
}

extension [UInt8] {
  mutating func append(bigEndian value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
  }
}
