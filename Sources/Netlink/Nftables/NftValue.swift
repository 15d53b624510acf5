/// The type of a key or datum in a set, by the number that the `nft` program knows it under.
package enum NftType: UInt32, Sendable, Hashable {
  case verdict = 1
  case ipv4Address = 7
  case inetProtocol = 12
  case inetService = 13
  case mark = 19

  var text: String {
    switch self {
    case .verdict: "verdict"
    case .ipv4Address: "ipv4_addr"
    case .inetProtocol: "inet_proto"
    case .inetService: "inet_service"
    case .mark: "mark"
    }
  }

  /// Every value of ours fits one 32-bit register.
  static let lengthBytes: UInt32 = 4
  /// Bits of a type's number within the number of a concatenation.
  private static let bits: UInt32 = 6

  /// The number of a concatenation: each type's in six bits.
  static func number(of types: [NftType]) -> UInt32 { types.reduce(0) { $0 << bits | $1.rawValue } }
}

/// One value, as it lies in a register.
package enum NftValue: Sendable, Hashable {
  case address(IPv4Address)
  /// A protocol by its IANA number.
  case proto(UInt8)
  case port(UInt16)
  /// A number in the processor's byte order.
  case mark(UInt32)

  package var type: NftType {
    switch self {
    case .address: .ipv4Address
    case .proto: .inetProtocol
    case .port: .inetService
    case .mark: .mark
    }
  }

  /// Four bytes.
  func append(to bytes: inout [UInt8]) {
    switch self {
    case .address(let address): bytes.append(contentsOf: address.networkBytes)
    case .proto(let number): bytes.append(contentsOf: [number, 0, 0, 0])
    case .port(let port): bytes.append(contentsOf: [UInt8(port >> 8), UInt8(port & 255), 0, 0])
    case .mark(let mark): withUnsafeBytes(of: mark) { bytes.append(contentsOf: $0) }
    }
  }

  init?(_ type: NftType, _ bytes: ArraySlice<UInt8>) {
    guard let first = bytes.first, let number: UInt32 = bytes.number(at: 0) else { return nil }
    switch type {
    case .ipv4Address: self = .address(IPv4Address(UInt32(bigEndian: number)))
    case .inetProtocol: self = .proto(first)
    case .inetService: self = .port(UInt16(UInt32(bigEndian: number) >> 16))
    case .mark: self = .mark(number)
    case .verdict: return nil
    }
  }

  var text: String {
    switch self {
    case .address(let address): address.description
    case .proto(6): "tcp"
    case .proto(17): "udp"
    case .proto(132): "sctp"
    case .proto(let number): String(number)
    case .port(let port): String(port)
    case .mark(let mark):
      "0x" + String(repeating: "0", count: 8 - String(mark, radix: 16).count) + String(mark, radix: 16)
    }
  }

  static func bytes(_ values: [NftValue]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(values.count * 4)
    for value in values { value.append(to: &bytes) }
    return bytes
  }

  static func text(_ values: [NftValue]) -> String { values.map(\.text).joined(separator: " . ") }
}

/// Where a packet goes from a rule or an element.
package enum NftVerdict: Sendable, Hashable {
  case accept, drop, `return`
  case jump(String)
  case goto(String)

  var code: Int32 {
    switch self {
    case .drop: 0
    case .accept: 1
    case .jump: -3
    case .goto: -4
    case .return: -5
    }
  }

  var chain: String? {
    switch self {
    case .jump(let chain), .goto(let chain): chain
    default: nil
    }
  }

  init?(code: Int32, chain: String?) {
    switch (code, chain) {
    case (0, _): self = .drop
    case (1, _): self = .accept
    case (-3, let chain?): self = .jump(chain)
    case (-4, let chain?): self = .goto(chain)
    case (-5, _): self = .return
    default: return nil
    }
  }

  var text: String {
    switch self {
    case .accept: "accept"
    case .drop: "drop"
    case .return: "return"
    case .jump(let chain): "jump \(chain)"
    case .goto(let chain): "goto \(chain)"
    }
  }
}
