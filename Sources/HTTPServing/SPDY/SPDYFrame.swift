/// A frame of SPDY/3.1, its header block inflated.
enum SPDYFrame: Sendable, Equatable {
  case synStream(id: UInt32, headers: SPDYHeaders, isLast: Bool)
  case synReply(id: UInt32, headers: SPDYHeaders, isLast: Bool)
  case rstStream(id: UInt32, SPDYReset)
  case settings([Setting])
  case ping(UInt32)
  case goAway(lastGoodID: UInt32, status: UInt32)
  case headers(id: UInt32, headers: SPDYHeaders, isLast: Bool)
  /// Stream 0 is the whole connection.
  case windowUpdate(id: UInt32, delta: UInt32)
  /// A piece of a DATA frame; `isLast` with the stream's last piece.
  case data(id: UInt32, [UInt8], isLast: Bool)

  struct Setting: Sendable, Equatable {
    static let initialWindowSize: UInt32 = 7

    var id: UInt32
    var value: UInt32
  }

  /// The numbers of the control frames.
  enum Kind: UInt16 {
    case synStream = 1
    case synReply = 2
    case rstStream = 3
    case settings = 4
    case ping = 6
    case goAway = 7
    case headers = 8
    case windowUpdate = 9
  }

  static let version: UInt16 = 3
  static let lastFlag: UInt8 = 1
  /// The window of a stream, and of the connection, before anybody says otherwise.
  static let defaultWindowBytes = 64 * 1024
}

/// Why a stream is cut off.
enum SPDYReset: UInt32, Sendable {
  case protocolError = 1
  case invalidStream = 2
  case refusedStream = 3
  case unsupportedVersion = 4
  case cancel = 5
  case internalError = 6
  case flowControlError = 7
  case streamInUse = 8
  case streamAlreadyClosed = 9
  case invalidCredentials = 10
  case frameTooLarge = 11
}

/// The headers of a stream: names in lower case, several values of a name in order.
package struct SPDYHeaders: Sendable, Equatable {
  package private(set) var pairs: [Pair] = []

  package struct Pair: Sendable, Equatable {
    package var name: String
    package var value: String
  }

  package init(_ pairs: [(String, String)] = []) { self.pairs = pairs.map { Pair(name: $0.0, value: $0.1) } }

  mutating func add(name: String, value: String) { pairs.append(Pair(name: name, value: value)) }

  /// The first value of `name`, given in lower case.
  package subscript(name: String) -> String? { pairs.first { $0.name == name }?.value }
}

/// What a peer does that it must not. The connection ends with GOAWAY.
enum SPDYError: Error, Equatable, CustomStringConvertible {
  case unsupportedVersion(UInt16)
  case controlFrameTooLarge(bytes: Int)
  case malformed(String)
  case badHeaderBlock(String)
  case tooManyStreams

  var description: String {
    switch self {
    case .unsupportedVersion(let version): "spdy version \(version) is not supported"
    case .controlFrameTooLarge(let bytes): "spdy control frame of \(bytes) bytes is too large"
    case .malformed(let frame): "malformed spdy \(frame) frame"
    case .badHeaderBlock(let why): "bad spdy header block: \(why)"
    case .tooManyStreams: "too many spdy streams"
    }
  }
}
