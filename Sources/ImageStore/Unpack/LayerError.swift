/// A layer that is not taken: hostile, broken, or not what its digest promised.
enum LayerError: Error, Equatable, Sendable, CustomStringConvertible {
  case tooLarge(name: String, limitBytes: Int)
  case tooManyEntries(name: String, limit: Int)
  case unsafeName(String)
  case unsafeLink(String, target: String)
  case deviceNode(String)
  case unknownFileType(String)
  case wrongDigest(expected: Digest, actual: Digest)
  case wrongDiffID(expected: Digest, actual: Digest)
  case wrongSize(name: String, expected: Int, actual: Int)

  var description: String {
    switch self {
    case .tooLarge(let name, let limit): "\(name) is larger than the limit of \(limit) bytes"
    case .tooManyEntries(let name, let limit): "\(name) has more than \(limit) entries"
    case .unsafeName(let path): "layer entry \(quoted(path)) leads out of the layer"
    case .unsafeLink(let path, let target): "layer entry \(quoted(path)) links to \(quoted(target)), out of the layer"
    case .deviceNode(let path): "layer entry \(quoted(path)) is a device node, which is allowed only below dev"
    case .unknownFileType(let path): "layer entry \(quoted(path)) has an unknown file type"
    case .wrongDigest(let expected, let actual):
      "unexpected commit digest \(actual), expected \(expected): failed precondition"
    case .wrongDiffID(let expected, let actual):
      "wrong diff id calculated on extraction \(quoted(actual.description)), expected \(quoted(expected.description))"
    case .wrongSize(let name, let expected, let actual):
      "unexpected commit size \(actual) of \(name), expected \(expected): failed precondition"
    }
  }
}

/// What one layer may hold.
package struct UnpackLimits: Sendable {
  /// Bytes of the layer's uncompressed tar stream.
  package var maximumBytes = 64 << 30
  package var maximumEntries = 2_000_000

  package init() {}
}
