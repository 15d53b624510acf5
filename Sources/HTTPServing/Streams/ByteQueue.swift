/// Bytes that came and are not decoded yet. Taking from the front costs nothing until half of it is empty.
struct ByteQueue: Sendable {
  private var bytes: [UInt8] = []
  private var start = 0

  var count: Int { bytes.count - start }

  subscript(position: Int) -> UInt8 { bytes[start + position] }

  mutating func append(_ more: [UInt8]) {
    if start == bytes.count {
      bytes = more
      start = 0
      return
    }
    if start > bytes.count / 2 {
      bytes.removeFirst(start)
      start = 0
    }
    bytes.append(contentsOf: more)
  }

  mutating func drop(_ count: Int) { start += count }

  mutating func take(_ count: Int) -> [UInt8] {
    defer { start += count }
    return Array(bytes[start..<start + count])
  }

  func bigEndian32(at position: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 << 8 | UInt32(self[position + $1]) }
  }
}
