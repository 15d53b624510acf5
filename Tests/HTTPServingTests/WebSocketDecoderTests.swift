import KubernetesAPI
import Testing

@testable import HTTPServing

struct WebSocketDecoderTests {
  /// The examples of RFC 6455, section 5.7, and what follows from them.
  @Test func readsMaskedFrames() throws {
    var decoder = WebSocketDecoder()
    decoder.append(hex("81 85 37fa213d 7f9f4d5158"))
    #expect(try decoder.next() == .message(Array("Hello".utf8), isText: true))
    #expect(try decoder.next() == nil)
    decoder.append(hex("89 85 37fa213d 7f9f4d5158"))
    #expect(try decoder.next() == .ping(Array("Hello".utf8)))
    decoder.append(hex("88 82 00000000 03e8"))
    #expect(try decoder.next() == .close(1000))
    decoder.append(hex("88 80 00000000"))
    #expect(try decoder.next() == .close(nil))
  }

  @Test func writesUnmaskedFrames() {
    #expect(WebSocketFrame(.text, Array("Hello".utf8)).bytes == hex("81 05 48656c6c6f"))
    #expect(WebSocketFrame(.pong, Array("Hello".utf8)).bytes == hex("8a 05 48656c6c6f"))
    #expect(WebSocketFrame.close(1000).bytes == hex("88 02 03e8"))
    #expect(WebSocketFrame(.binary, [UInt8](repeating: 7, count: 256)).bytes.prefix(5) == hex("82 7e 0100 07")[...])
    let long = WebSocketFrame(.binary, [UInt8](repeating: 7, count: 65536)).bytes
    #expect(long.prefix(11) == hex("82 7f 0000000000010000 07")[...])
    #expect(long.count == 65546)
  }

  @Test func joinsFragmentsAroundControlFrames() throws {
    var decoder = WebSocketDecoder()
    decoder.append(hex("02 82 00000000 4142" + "89 80 00000000" + "00 81 00000000 43" + "80 81 01010101 45"))
    #expect(try decoder.next() == .ping([]))
    #expect(try decoder.next() == .message(Array("ABCD".utf8), isText: false))
  }

  @Test func waitsForEveryByte() throws {
    let bytes = hex("82 fe 0080 01020304") + (0..<128).map { UInt8($0) ^ UInt8($0 & 3 + 1) }
    var decoder = WebSocketDecoder()
    for byte in bytes.dropLast() {
      decoder.append([byte])
      #expect(try decoder.next() == nil)
    }
    decoder.append([bytes[bytes.count - 1]])
    #expect(try decoder.next() == .message((0..<128).map { UInt8($0) }, isText: false))
  }

  @Test(arguments: [
    ("c2 80 00000000", WebSocketError.reservedBits), ("83 80 00000000", .unknownOpcode(3)),
    ("82 02 4142", .unmaskedFrame), ("09 80 00000000", .badControlFrame), ("89 fe 0080", .badControlFrame),
    ("80 80 00000000", .unexpectedContinuation), ("02 80 00000000 82 80 00000000", .unfinishedMessage),
    ("82 ff 7fffffffffffffff", .tooLarge(limitBytes: 100)), ("82 ff ffffffffffffffff", .tooLarge(limitBytes: 100)),
    ("82 e5", .tooLarge(limitBytes: 100)),
    ("02 e4 00000000" + String(repeating: "00", count: 100) + "80 81", .tooLarge(limitBytes: 100)),
  ] as [(String, WebSocketError)]) func refusesWhatIsWrong(_ bytes: String, _ error: WebSocketError) {
    var decoder = WebSocketDecoder(maximumMessageBytes: 100)
    decoder.append(hex(bytes))
    #expect(throws: error) { while try decoder.next() != nil {} }
  }

  @Test func answersTheHandshakeOfTheStandard() throws {
    let request = APIRequest(
      method: "GET", target: "/",
      headers: [
        "connection": "keep-alive, Upgrade", "upgrade": "websocket", "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-protocol": "v9.x, v5.channel.k8s.io, v4.channel.k8s.io",
      ])
    #expect(request.upgrade == "websocket")
    let handshake = try WebSocketHandshake(request)
    #expect(handshake.accept == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    #expect(try handshake.negotiate(ChannelProtocol.remoteCommand) == "v5.channel.k8s.io")
    #expect(throws: Status.self) { try handshake.negotiate(["binary.k8s.io", ""]) }
    var strange = request
    strange.headers.replaceOrAdd(name: "sec-websocket-key", value: "short")
    #expect(throws: Status.self) { try WebSocketHandshake(strange) }
    strange = request
    strange.headers.replaceOrAdd(name: "sec-websocket-version", value: "8")
    #expect(throws: Status.self) { try WebSocketHandshake(strange) }
  }

  @Test func putsChannelsIntoMessages() {
    let binary = ChannelProtocol(named: "v5.channel.k8s.io")
    #expect(binary.version == 5 && !binary.isBase64)
    #expect(binary.encode(channel: 1, [10]) == [1, 10])
    #expect(binary.decode([0, 102]) == .data(channel: 0, [102]))
    #expect(binary.decode([255, 0]) == .close(channel: 0))
    #expect(binary.decode([255]) == nil)
    #expect(binary.decode([]) == nil)
    #expect(ChannelProtocol(named: "v4.channel.k8s.io").decode([255, 0]) == .data(channel: 255, [0]))
    let text = ChannelProtocol(named: "base64.channel.k8s.io")
    #expect(text.version == 1 && text.isBase64)
    #expect(text.encode(channel: 1, [10]) == Array("1Cg==".utf8))
    #expect(text.decode(Array("0Zm9v".utf8)) == .data(channel: 0, Array("foo".utf8)))
    #expect(text.decode(Array("0?".utf8)) == nil)
    #expect(text.decode(Array("!Zm9v".utf8)) == nil)
  }
}
