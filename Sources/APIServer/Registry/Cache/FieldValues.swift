/// The values of an object's selectable fields, in the order of its kind's table: one piece of memory, where an Event has ten
/// such fields and a server thousands of Events.
struct FieldValues: Sendable {
  /// Where each value ends, four bytes each, and behind them the values themselves in UTF-8.
  private let bytes: [UInt8]
  private let count: Int

  init(_ values: [String]) {
    count = values.count
    var bytes: [UInt8] = []
    bytes.reserveCapacity(values.reduce(values.count * Self.endSize) { $0 + $1.utf8.count })
    var end = values.count * Self.endSize
    for value in values {
      end += value.utf8.count
      withUnsafeBytes(of: UInt32(end)) { bytes.append(contentsOf: $0) }
    }
    for value in values { bytes.append(contentsOf: value.utf8) }
    self.bytes = bytes
  }

  private init(bytes: [UInt8], count: Int) {
    self.bytes = bytes
    self.count = count
  }

  /// In memory of its own.
  var copied: FieldValues {
    FieldValues(
      bytes: Array(unsafeUninitializedCapacity: bytes.count) { $1 = $0.initialize(from: bytes).index }, count: count)
  }

  subscript(position: Int) -> String { String(decoding: bytes[range(position)], as: UTF8.self) }

  func isEqual(at position: Int, to value: String) -> Bool { bytes[range(position)].elementsEqual(value.utf8) }

  private static let endSize = MemoryLayout<UInt32>.size

  private func range(_ position: Int) -> Range<Int> {
    (position == 0 ? count * Self.endSize : end(position - 1))..<end(position)
  }

  private func end(_ position: Int) -> Int {
    bytes.withUnsafeBytes { Int($0.loadUnaligned(fromByteOffset: position * Self.endSize, as: UInt32.self)) }
  }
}
