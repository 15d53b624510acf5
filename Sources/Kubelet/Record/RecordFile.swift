import Crypto

/// How a file of the node's record looks: a line that says what it is, in which version, how long its content is and with
/// which checksum (SHA-256), then the content. Pure. A file that is not exactly that is not believed.
package enum RecordFile {
  package static let version = 1
  private static let name = "swiftlet-record"
  /// The first line is never longer.
  private static let headLimitBytes = 128

  /// Why a file is not believed.
  package enum Damage: Error, Sendable, Hashable, CustomStringConvertible {
    case foreign
    case otherVersion(String)
    case torn(expectedBytes: Int, foundBytes: Int)
    case altered
    case unreadable(String)
    case otherNode(String)
    case misplaced

    package var description: String {
      switch self {
      case .foreign: "it is no file of a node's record"
      case .otherVersion(let version): "it is of version \(version), and this agent knows version \(RecordFile.version)"
      case .torn(let expected, let found): "it is torn: \(found) of \(expected) bytes are there"
      case .altered: "its content does not have the checksum that was written with it"
      case .unreadable(let why): "it cannot be read: \(why)"
      case .otherNode(let name): "it is of node \(name)"
      case .misplaced: "it is not about what its name says"
      }
    }
  }

  package static func bytes(_ content: [UInt8]) -> [UInt8] {
    Array("\(name) \(version) \(content.count) \(checksum(content))\n".utf8) + content
  }

  package static func content(_ bytes: [UInt8]) throws(Damage) -> [UInt8] {
    guard let end = bytes.prefix(headLimitBytes).firstIndex(of: UInt8(ascii: "\n")) else { throw .foreign }
    let words = String(decoding: bytes[..<end], as: UTF8.self).split(separator: " ").map(String.init)
    guard words.count >= 2, words[0] == name else { throw .foreign }
    guard words[1] == "\(version)" else { throw .otherVersion(words[1]) }
    guard words.count == 4, let length = Int(words[2]) else { throw .foreign }
    let content = Array(bytes[(end + 1)...])
    guard content.count >= length else { throw .torn(expectedBytes: length, foundBytes: content.count) }
    guard content.count == length, checksum(content) == words[3] else { throw .altered }
    return content
  }

  static func checksum(_ content: some Sequence<UInt8>) -> String {
    SHA256.hash(data: Array(content)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
