/// Something that a rule can load from a packet or make up: always one 32-bit register.
package enum NftOperand: Sendable, Hashable {
  case sourceAddress
  case destinationAddress
  case transportProtocol
  case destinationPort
  case mark
  /// A new random number for each packet, below the modulus.
  case random(modulus: UInt32)
  /// Jenkins' hash of the source address, below the modulus: the same for every packet of a client.
  case sourceHash(modulus: UInt32)

  var text: String {
    switch self {
    case .sourceAddress: "ip saddr"
    case .destinationAddress: "ip daddr"
    case .transportProtocol: "meta l4proto"
    case .destinationPort: "th dport"
    case .mark: "meta mark"
    case .random(let modulus): "numgen random mod \(modulus)"
    case .sourceHash(let modulus): "jhash ip saddr mod \(modulus)"
    }
  }

  static func text(_ operands: [NftOperand]) -> String { operands.map(\.text).joined(separator: " . ") }
}

/// One step of a rule. A condition that does not hold ends the rule.
package enum NftStatement: Sendable, Hashable {
  package enum Rejection: Sendable, Hashable {
    /// Only for TCP.
    case tcpReset
    case portUnreachable
  }

  case isEqual(NftOperand, NftValue)
  /// The operand's bits under the mask are those of the value.
  case hasBits(NftOperand, mask: UInt32, value: UInt32)
  case isIn(NftOperand, IPv4Prefix)
  case isNotIn(NftOperand, IPv4Prefix)
  /// The destination is an address of this machine.
  case isForThisMachine
  /// The connection's destination has been translated.
  case isDestinationTranslated
  case isElement([NftOperand], of: String)
  /// Sets the packet's mark to what the map says; ends the rule when it says nothing.
  case setMark([NftOperand], map: String)
  /// Sends the connection to the address and port that the map says.
  case translateDestination([NftOperand], map: String)
  case translateDestinationTo(IPv4Address, port: UInt16)
  /// Gives the connection the address of the interface that it leaves by.
  case masquerade
  case reject(Rejection)
  case counter
  case verdict(NftVerdict)
  case verdictMap([NftOperand], map: String)

  package var text: String {
    switch self {
    case .isEqual(.transportProtocol, let value): "meta l4proto \(value.text)"
    case .isEqual(let operand, let value): "\(operand.text) \(value.text)"
    case .hasBits(let operand, let mask, let value):
      "\(operand.text) & \(NftValue.mark(mask).text) == \(NftValue.mark(value).text)"
    case .isIn(let operand, let prefix): "\(operand.text) \(prefix)"
    case .isNotIn(let operand, let prefix): "\(operand.text) != \(prefix)"
    case .isForThisMachine: "fib daddr type local"
    case .isDestinationTranslated: "ct status dnat"
    case .isElement(let key, let set): "\(NftOperand.text(key)) @\(set)"
    case .setMark(let key, let map): "meta mark set \(NftOperand.text(key)) map @\(map)"
    case .translateDestination(let key, let map): "dnat ip to \(NftOperand.text(key)) map @\(map)"
    case .translateDestinationTo(let address, let port): "dnat ip to \(address):\(port)"
    case .masquerade: "masquerade"
    case .reject(.tcpReset): "reject with tcp reset"
    case .reject(.portUnreachable): "reject with icmp port-unreachable"
    case .counter: "counter"
    case .verdict(let verdict): verdict.text
    case .verdictMap(let key, let map): "\(NftOperand.text(key)) vmap @\(map)"
    }
  }
}

package struct NftRule: Sendable, Hashable {
  package var statements: [NftStatement]

  package init(_ statements: NftStatement...) { self.statements = statements }

  package var text: String { statements.map(\.text).joined(separator: " ") }
}
