import CZlib

/// The text of an object that nobody has asked for lately, deflated (RFC 1951).
///
/// Objects of a kind resemble each other more than the parts of one do, so each is deflated against the text of another, the
/// example: of an Event of 700 bytes some 190 remain.
struct PackedText: Sendable {
  /// What zlib may look back to, text and example together: 8 KiB. A quarter of its usual window, for what its state costs.
  private static let windowBits: Int32 = -13
  private static let memoryLevel: Int32 = 5
  private static let streamSize = Int32(MemoryLayout<z_stream>.size)

  /// Of the unpacked text, in bytes.
  let count: Int
  private let deflated: [UInt8]
  private let example: [UInt8]

  /// Nil when there is little to gain.
  init?(_ text: [UInt8], like example: [UInt8]) {
    guard let deflated = Self.deflated(text, like: example), deflated.count < text.count / 2 else { return nil }
    count = text.count
    self.deflated = deflated
    self.example = example
  }

  var text: [UInt8] {
    // It is our own output, from memory: what does not inflate is a fault of the machine.
    guard let text = Self.inflated(deflated, count: count, like: example) else {
      preconditionFailure("a packed object does not inflate")
    }
    return text
  }

  private static func deflated(_ text: [UInt8], like example: [UInt8]) -> [UInt8]? {
    var stream = z_stream()
    return withUnsafeMutablePointer(to: &stream) { stream in
      let code = deflateInit2_(
        stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, windowBits, memoryLevel, Z_DEFAULT_STRATEGY, ZLIB_VERSION, streamSize)
      guard code == Z_OK else { return nil }
      defer { deflateEnd(stream) }
      guard deflateSetDictionary(stream, example, UInt32(example.count)) == Z_OK else { return nil }
      return run(stream, text, room: Int(deflateBound(stream, UInt(text.count))), deflate)
    }
  }

  private static func inflated(_ packed: [UInt8], count: Int, like example: [UInt8]) -> [UInt8]? {
    var stream = z_stream()
    return withUnsafeMutablePointer(to: &stream) { stream in
      guard inflateInit2_(stream, windowBits, ZLIB_VERSION, streamSize) == Z_OK else { return nil }
      defer { inflateEnd(stream) }
      guard inflateSetDictionary(stream, example, UInt32(example.count)) == Z_OK else { return nil }
      let text = run(stream, packed, room: count, inflate)
      return text?.count == count ? text : nil
    }
  }

  /// One call over whole buffers; nil unless it comes to the stream's end. The result takes no more memory than it needs.
  private static func run(
    _ stream: UnsafeMutablePointer<z_stream>, _ input: [UInt8], room: Int,
    _ step: (UnsafeMutablePointer<z_stream>, Int32) -> Int32
  ) -> [UInt8]? {
    var input = input
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: room) { output in
      // zlib's pointers are only valid in here; it keeps none of them.
      input.withUnsafeMutableBufferPointer { input in
        stream.pointee.next_in = input.baseAddress
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = output.baseAddress
        stream.pointee.avail_out = UInt32(room)
        guard step(stream, Z_FINISH) == Z_STREAM_END else { return nil }
        return Array(output[..<(room - Int(stream.pointee.avail_out))])
      }
    }
  }
}
