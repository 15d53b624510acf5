import CZlib

/// Inflates the header blocks of one connection: one zlib stream with the dictionary of SPDY/3, a block ending where the
/// sender flushed it.
final class SPDYHeaderInflater {
  /// What one block may inflate to.
  static let maximumBlockBytes = 64 * 1024

  /// On the heap because zlib keeps its address.
  private let stream: UnsafeMutablePointer<z_stream>

  init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let code = inflateInit_(stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(code == Z_OK, "zlib cannot be set up: \(code)")
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  func inflate(_ block: [UInt8]) throws(SPDYError) -> [UInt8] {
    var input = block
    var output = [UInt8](repeating: 0, count: Self.maximumBlockBytes)
    // zlib's pointers are only valid inside the closures; it keeps none of them across calls.
    let (code, rest, written) = input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        stream.pointee.next_in = input.baseAddress
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = output.baseAddress
        stream.pointee.avail_out = UInt32(output.count)
        var code = CZlib.inflate(stream, Z_SYNC_FLUSH)
        if code == Z_NEED_DICT {
          code = SPDYDictionary.bytes.withUnsafeBufferPointer {
            inflateSetDictionary(stream, $0.baseAddress, UInt32($0.count))
          }
          if code == Z_OK { code = CZlib.inflate(stream, Z_SYNC_FLUSH) }
        }
        return (code, Int(stream.pointee.avail_in), output.count - Int(stream.pointee.avail_out))
      }
    }
    guard code == Z_OK || (code == Z_BUF_ERROR && rest == 0) else { throw .badHeaderBlock("zlib error \(code)") }
    guard rest == 0, written < output.count else {
      throw .badHeaderBlock("more than \(Self.maximumBlockBytes) bytes")
    }
    return Array(output.prefix(written))
  }
}

/// Deflates the header blocks of one connection.
final class SPDYHeaderDeflater {
  /// On the heap because zlib keeps its address.
  private let stream: UnsafeMutablePointer<z_stream>

  init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    var code = deflateInit_(stream, Z_BEST_COMPRESSION, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(code == Z_OK, "zlib cannot be set up: \(code)")
    code = SPDYDictionary.bytes.withUnsafeBufferPointer {
      deflateSetDictionary(stream, $0.baseAddress, UInt32($0.count))
    }
    precondition(code == Z_OK, "zlib refuses the dictionary: \(code)")
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  func deflate(_ block: [UInt8]) -> [UInt8] {
    var input = block
    // zlib's own bound, and what a flush adds.
    var output = [UInt8](repeating: 0, count: Int(deflateBound(stream, UInt(block.count))) + 16)
    let written = input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        stream.pointee.next_in = input.baseAddress
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = output.baseAddress
        stream.pointee.avail_out = UInt32(output.count)
        let code = CZlib.deflate(stream, Z_SYNC_FLUSH)
        precondition(code == Z_OK && stream.pointee.avail_out > 0, "zlib cannot deflate a header block: \(code)")
        return output.count - Int(stream.pointee.avail_out)
      }
    }
    return Array(output.prefix(written))
  }
}
