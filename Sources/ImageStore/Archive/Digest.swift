import Crypto

/// A `sha256:` digest of content, checked to be one.
struct Digest: Sendable, Hashable, CustomStringConvertible {
  /// 64 lower-case hex digits.
  let hex: String

  var description: String { "sha256:\(hex)" }

  /// - Throws: `ReferenceError` for another algorithm, length or alphabet; so a digest never leads out of a directory.
  init(_ text: String) throws(ReferenceError) {
    try ReferenceParser.validate(digest: text)
    hex = String(text.dropFirst("sha256:".count))
  }

  init(of bytes: some Sequence<UInt8>) {
    var hasher = SHA256()
    hasher.update(data: Array(bytes))
    self.init(hasher)
  }

  init(_ hasher: SHA256) {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in hasher.finalize() {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    hex = String(decoding: text, as: UTF8.self)
  }
}
