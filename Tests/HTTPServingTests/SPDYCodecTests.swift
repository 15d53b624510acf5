import Testing

@testable import HTTPServing

struct SPDYCodecTests {
  /// Header blocks that zlib deflated for a Python program, with the same dictionary: the first and the second of one
  /// connection.
  static let stdinBlock = hex("78f9e3c6a7c202a62346703a2b294a4dcc851625acc525c03c01000000ffff")
  static let errorBlock = hex("02a5474ca954501c00199c459018cd04a574460348195e04ce2e1606160600000000ffff")

  static func frames(_ bytes: [UInt8]) throws -> [SPDYFrame] {
    var decoder = SPDYDecoder()
    decoder.append(bytes)
    var frames: [SPDYFrame] = []
    while let frame = try decoder.next() { frames.append(frame) }
    return frames
  }

  static func control(_ kind: String, _ body: [UInt8], flags: UInt8 = 0) -> [UInt8] {
    hex("8003" + kind) + [flags, 0, UInt8(body.count >> 8), UInt8(body.count & 255)] + body
  }

  @Test func readsStreamsOfOneCompression() throws {
    let bytes =
      Self.control("0001", hex("00000001 00000000 0000") + Self.stdinBlock)
      + Self.control("0001", hex("00000003 00000000 0000") + Self.errorBlock, flags: 1)
    #expect(
      try Self.frames(bytes) == [
        .synStream(id: 1, headers: SPDYHeaders([("streamtype", "stdin")]), isLast: false),
        .synStream(
          id: 3, headers: SPDYHeaders([("streamtype", "error"), ("requestid", "0"), ("port", "8080")]), isLast: true),
      ])
  }

  @Test func writesStreamsOfOneCompression() {
    let encoder = SPDYEncoder()
    let first = encoder.encode(.synStream(id: 1, headers: SPDYHeaders([("streamtype", "stdin")]), isLast: false))
    #expect(first == Self.control("0001", hex("00000001 00000000 0000") + Self.stdinBlock))
    let second = encoder.encode(
      .headers(
        id: 3, headers: SPDYHeaders([("streamtype", "error"), ("requestid", "0"), ("port", "8080")]), isLast: true))
    #expect(second == Self.control("0008", hex("00000003") + Self.errorBlock, flags: 1))
    #expect(
      SPDYEncoder().encode(.synReply(id: 1, headers: SPDYHeaders(), isLast: false))
        == hex("8003 0002 00 000014 00000001 78f9e3c6a7c202a6230600000000ffff"))
  }

  @Test(arguments: [
    ("8003 0003 00000008 00000005 00000003", SPDYFrame.rstStream(id: 5, .refusedStream)),
    ("8003 0004 0000000c 00000001 00000007 00010000", .settings([.init(id: 7, value: 65536)])),
    ("8003 0006 00000004 00000001", .ping(1)), ("8003 0007 00000008 00000009 00000001", .goAway(lastGoodID: 9, status: 1)),
    ("8003 0009 00000008 00000003 00008000", .windowUpdate(id: 3, delta: 32768)),
    ("00000003 00000002 4142", .data(id: 3, [0x41, 0x42], isLast: false)),
    ("00000003 01000000", .data(id: 3, [], isLast: true)),
  ] as [(String, SPDYFrame)]) func readsAndWritesTheSame(_ text: String, _ frame: SPDYFrame) throws {
    #expect(try Self.frames(hex(text)) == [frame])
    #expect(SPDYEncoder().encode(frame) == hex(text))
  }

  @Test func givesDataAsItComes() throws {
    var decoder = SPDYDecoder()
    decoder.append(hex("00000003 01000004 4142"))
    #expect(try decoder.next() == .data(id: 3, [0x41, 0x42], isLast: false))
    #expect(try decoder.next() == nil)
    decoder.append(hex("4344 8003"))
    #expect(try decoder.next() == .data(id: 3, [0x43, 0x44], isLast: true))
    #expect(try decoder.next() == nil)
  }

  @Test func readsByteByByte() throws {
    var decoder = SPDYDecoder()
    let bytes = Self.control("0001", hex("00000001 00000000 0000") + Self.stdinBlock)
    for byte in bytes.dropLast() {
      decoder.append([byte])
      #expect(try decoder.next() == nil)
    }
    decoder.append([0xFF])
    #expect(try decoder.next() == .synStream(id: 1, headers: SPDYHeaders([("streamtype", "stdin")]), isLast: false))
  }

  @Test func skipsFramesThatItDoesNotKnow() throws {
    #expect(try Self.frames(hex("8003 000a 00000004 00000000 8003 0006 00000004 00000003")) == [.ping(3)])
  }

  @Test func keepsSeveralValuesOfAName() throws {
    let headers = SPDYHeaders([("a", "1"), ("b", ""), ("a", "2")])
    #expect(headers.block == hex("00000002 00000001 61 00000003 310032 00000001 62 00000000"))
    #expect(try SPDYHeaders(block: headers.block) == SPDYHeaders([("a", "1"), ("a", "2"), ("b", "")]))
  }

  @Test(arguments: [
    ("8002 0006 00000004 00000001", SPDYError.unsupportedVersion(2)),
    ("8003 0001 00010001", .controlFrameTooLarge(bytes: 65537)), ("8003 0001 00ffffff", .controlFrameTooLarge(bytes: 0xFFFFFF)),
    ("00000000 00000001 41", .malformed("DATA")), ("8003 0001 00000004 00000001", .malformed("SYN_STREAM")),
    ("8003 0003 00000008 00000000 00000003", .malformed("stream 0")),
    ("8003 0003 00000008 00000001 00000000", .malformed("RST_STREAM")),
    ("8003 0004 0000000c 7fffffff 00000007 00010000", .malformed("SETTINGS")),
    ("8003 0006 00000005 0000000100", .malformed("PING")),
    ("8003 0009 00000004 00000003", .malformed("WINDOW_UPDATE")),
    ("8003 0002 00000008 00000001 deadbeef", .badHeaderBlock("zlib error -3")),
  ] as [(String, SPDYError)]) func refusesWhatIsWrong(_ bytes: String, _ error: SPDYError) {
    #expect(throws: error) { try Self.frames(hex(bytes)) }
  }

  /// A small frame that would inflate to a megabyte, and counts and lengths that lie.
  @Test func boundsHeaderBlocks() {
    let bomb = SPDYHeaderDeflater().deflate([UInt8](repeating: 0, count: 1 << 20))
    #expect(throws: SPDYError.badHeaderBlock("more than 65536 bytes")) {
      try Self.frames(Self.control("0002", hex("00000001") + bomb))
    }
    for block in ["", "000001", "00000101", "00000001 00000001 61", "00000001 7fffffff 61", "00000000 00"] {
      #expect(throws: SPDYError.self) { try SPDYHeaders(block: hex(block)) }
    }
  }
}
