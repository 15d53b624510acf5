/// Header blocks before compression: a count, then names and values with their lengths. Several values of one name stand
/// in one, with a zero byte between them.
extension SPDYHeaders {
  static let maximumCount = 256

  init(block: [UInt8]) throws(SPDYError) {
    var rest = ByteQueue()
    rest.append(block)
    guard let count = Self.takeLength(&rest), count <= Self.maximumCount else {
      throw .badHeaderBlock("more than \(Self.maximumCount) headers")
    }
    self.init()
    for _ in 0..<count {
      guard let name = Self.takeText(&rest), let value = Self.takeText(&rest), !name.isEmpty else {
        throw .badHeaderBlock("it ends too early")
      }
      for part in value.split(separator: 0, omittingEmptySubsequences: false) {
        add(name: String(decoding: name, as: UTF8.self).lowercased(), value: String(decoding: part, as: UTF8.self))
      }
    }
    guard rest.count == 0 else { throw .badHeaderBlock("\(rest.count) bytes too many") }
  }

  private static func takeLength(_ rest: inout ByteQueue) -> Int? {
    guard rest.count >= 4 else { return nil }
    defer { rest.drop(4) }
    return Int(rest.bigEndian32(at: 0))
  }

  private static func takeText(_ rest: inout ByteQueue) -> [UInt8]? {
    guard let length = takeLength(&rest), length <= rest.count else { return nil }
    return rest.take(length)
  }

  var block: [UInt8] {
    var output: [UInt8] = []
    let names = pairs.map(\.name).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    output.append(bigEndian: UInt32(names.count))
    for name in names {
      let value = pairs.filter { $0.name == name }.map(\.value).joined(separator: "\0")
      for text in [name, value] {
        output.append(bigEndian: UInt32(text.utf8.count))
        output.append(contentsOf: text.utf8)
      }
    }
    return output
  }
}
