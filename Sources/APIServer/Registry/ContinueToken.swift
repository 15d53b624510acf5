import KubernetesAPI
import Storage

/// Where a list that was cut by `limit` goes on: opaque to clients, URL-safe base64 of `revision/namespace/name`.
struct ContinueToken: Equatable {
  /// Nil: go on in the newest state, consistency given up.
  var revision: Revision?
  /// The last object already given.
  var key: ObjectKey

  init(revision: Revision?, key: ObjectKey) {
    self.revision = revision
    self.key = key
  }

  var text: String { Self.encode(Array("\(revision ?? -1)/\(key.namespace)/\(key.name)".utf8)) }

  init?(_ text: String) {
    guard let bytes = Self.decode(text) else { return nil }
    let parts = String(decoding: bytes, as: UTF8.self).split(
      separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, let number = Int(parts[0]) else { return nil }
    self.init(
      revision: number < 0 ? nil : number, key: ObjectKey(namespace: String(parts[1]), name: String(parts[2])))
  }

  /// History no longer reaches back to the revision of the first page.
  var expired: Status {
    .expired(
      "The provided continue parameter is too old to display a consistent list result. You can start a new list "
        + "without the continue parameter, or use the continue token in this response to retrieve the remainder of "
        + "the results. Continuing with the provided token results in an inconsistent list - objects that were "
        + "created, modified, or deleted between the time the first chunk was returned and now may show up in the "
        + "list.")
  }

  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  private static func encode(_ bytes: [UInt8]) -> String {
    var output: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let padded = group + Array(repeating: 0, count: 3 - group.count)
      let value = padded.reduce(0) { $0 << 8 | Int($1) }
      for shift in [18, 12, 6, 0].prefix(group.count + 1) { output.append(alphabet[value >> shift & 63]) }
    }
    return String(decoding: output, as: UTF8.self)
  }

  private static func decode(_ text: String) -> [UInt8]? {
    var output: [UInt8] = []
    var (value, bits) = (0, 0)
    for byte in text.utf8 where byte != UInt8(ascii: "=") {
      guard let digit = alphabet.firstIndex(of: byte) else { return nil }
      (value, bits) = ((value << 6 | digit) & 0xFFFF, bits + 6)
      guard bits >= 8 else { continue }
      bits -= 8
      output.append(UInt8(truncatingIfNeeded: value >> bits))
    }
    return output
  }
}
