import CNetlink
import Glibc

/// Writes statements as the kernel's expressions. Each statement starts again at the first register; a concatenation takes
/// the registers that follow.
struct NftExpressions {
  /// NFT_REG32_00: the first of sixteen 32-bit registers.
  private static let firstRegister: UInt32 = 8
  /// Apart from any concatenation (of at most four) and its neighbours.
  private static let scratchRegister: UInt32 = 16
  private static let verdictRegister: UInt32 = 0

  private(set) var writer = NetlinkWriter()

  mutating func append(_ rule: NftRule) {
    for statement in rule.statements { append(statement) }
  }

  private mutating func append(_ statement: NftStatement) {
    switch statement {
    case .isEqual(let operand, let value): compare(operand, equals: NftValue.bytes([value]))
    case .hasBits(let operand, let mask, let value): compareBits(operand, mask, NftValue.bytes([.mark(value)]))
    case .isIn(let operand, let prefix): compare(operand, prefix, isEqual: true)
    case .isNotIn(let operand, let prefix): compare(operand, prefix, isEqual: false)
    case .isForThisMachine: requireLocalDestination()
    case .isDestinationTranslated: requireTranslation()
    case .isElement(let key, let set): lookUp(key, set)
    case .setMark(let key, let map): setMark(key, map)
    case .translateDestination(let key, let map): translate(key, map)
    case .translateDestinationTo(let address, let port): translate(to: address, port)
    case .masquerade: expression("masq") { _ in }
    case .reject(let rejection): reject(rejection)
    case .counter: expression("counter") { _ in }
    case .verdict(let verdict): decide(verdict)
    case .verdictMap(let key, let map): lookUp(key, map, into: Self.verdictRegister)
    }
  }

  private mutating func expression(_ name: String, _ body: (inout NetlinkWriter) -> Void) {
    writer.nest(NFTA_LIST_ELEM) { element in
      element.put(NFTA_EXPR_NAME, name)
      element.nest(NFTA_EXPR_DATA, body)
    }
  }

  // MARK: Loading

  private mutating func load(_ operands: [NftOperand]) {
    for (index, operand) in operands.enumerated() { load(operand, into: Self.firstRegister + UInt32(index)) }
  }

  private mutating func load(_ operand: NftOperand, into register: UInt32) {
    switch operand {
    case .sourceAddress: payload(NFT_PAYLOAD_NETWORK_HEADER, offset: 12, length: 4, register)
    case .destinationAddress: payload(NFT_PAYLOAD_NETWORK_HEADER, offset: 16, length: 4, register)
    case .destinationPort: payload(NFT_PAYLOAD_TRANSPORT_HEADER, offset: 2, length: 2, register)
    case .transportProtocol: meta(NFT_META_L4PROTO, into: register)
    case .mark: meta(NFT_META_MARK, into: register)
    case .random(let modulus): random(modulus, register)
    case .sourceHash(let modulus): hashSource(modulus, register)
    }
  }

  private mutating func payload(_ base: nft_payload_bases, offset: UInt32, length: UInt32, _ register: UInt32) {
    expression("payload") {
      $0.put(NFTA_PAYLOAD_DREG, bigEndian: register)
      $0.put(NFTA_PAYLOAD_BASE, bigEndian: base.rawValue)
      $0.put(NFTA_PAYLOAD_OFFSET, bigEndian: offset)
      $0.put(NFTA_PAYLOAD_LEN, bigEndian: length)
    }
  }

  private mutating func meta(_ key: nft_meta_keys, into register: UInt32) {
    expression("meta") {
      $0.put(NFTA_META_DREG, bigEndian: register)
      $0.put(NFTA_META_KEY, bigEndian: key.rawValue)
    }
  }

  private mutating func random(_ modulus: UInt32, _ register: UInt32) {
    expression("numgen") {
      $0.put(NFTA_NG_DREG, bigEndian: register)
      $0.put(NFTA_NG_MODULUS, bigEndian: modulus)
      $0.put(NFTA_NG_TYPE, bigEndian: NFT_NG_RANDOM.rawValue)
      $0.put(NFTA_NG_OFFSET, bigEndian: UInt32(0))
    }
  }

  private mutating func hashSource(_ modulus: UInt32, _ register: UInt32) {
    load(.sourceAddress, into: Self.scratchRegister)
    expression("hash") {
      $0.put(NFTA_HASH_SREG, bigEndian: Self.scratchRegister)
      $0.put(NFTA_HASH_DREG, bigEndian: register)
      $0.put(NFTA_HASH_LEN, bigEndian: NftType.lengthBytes)
      $0.put(NFTA_HASH_MODULUS, bigEndian: modulus)
      $0.put(NFTA_HASH_SEED, bigEndian: UInt32(0))
      $0.put(NFTA_HASH_OFFSET, bigEndian: UInt32(0))
      $0.put(NFTA_HASH_TYPE, bigEndian: NFT_HASH_JENKINS.rawValue)
    }
  }

  // MARK: Conditions

  private mutating func compare(_ operand: NftOperand, equals bytes: [UInt8]) {
    load([operand])
    compare(bytes.prefix(operand == .transportProtocol ? 1 : operand == .destinationPort ? 2 : 4), isEqual: true)
  }

  private mutating func compareBits(_ operand: NftOperand, _ mask: UInt32, _ bytes: [UInt8]) {
    load([operand])
    bitwise(mask: NftValue.bytes([.mark(mask)]))
    compare(bytes[...], isEqual: true)
  }

  private mutating func compare(_ operand: NftOperand, _ prefix: IPv4Prefix, isEqual: Bool) {
    load([operand])
    if prefix.length < 32 { bitwise(mask: IPv4Prefix(IPv4Address(~0), length: prefix.length).address.networkBytes) }
    compare(prefix.address.networkBytes[...], isEqual: isEqual)
  }

  private mutating func bitwise(mask: [UInt8]) {
    expression("bitwise") {
      $0.put(NFTA_BITWISE_SREG, bigEndian: Self.firstRegister)
      $0.put(NFTA_BITWISE_DREG, bigEndian: Self.firstRegister)
      $0.put(NFTA_BITWISE_LEN, bigEndian: NftType.lengthBytes)
      $0.nest(NFTA_BITWISE_MASK) { $0.put(NFTA_DATA_VALUE, bytes: mask) }
      $0.nest(NFTA_BITWISE_XOR) { $0.put(NFTA_DATA_VALUE, bytes: [0, 0, 0, 0]) }
    }
  }

  private mutating func compare(_ bytes: ArraySlice<UInt8>, isEqual: Bool) {
    expression("cmp") {
      $0.put(NFTA_CMP_SREG, bigEndian: Self.firstRegister)
      $0.put(NFTA_CMP_OP, bigEndian: (isEqual ? NFT_CMP_EQ : NFT_CMP_NEQ).rawValue)
      $0.nest(NFTA_CMP_DATA) { $0.put(NFTA_DATA_VALUE, bytes: bytes) }
    }
  }

  private mutating func requireLocalDestination() {
    expression("fib") {
      $0.put(NFTA_FIB_FLAGS, bigEndian: NFTA_FIB_F_DADDR.rawValue)
      $0.put(NFTA_FIB_RESULT, bigEndian: NFT_FIB_RESULT_ADDRTYPE.rawValue)
      $0.put(NFTA_FIB_DREG, bigEndian: Self.firstRegister)
    }
    compare(NftValue.bytes([.mark(UInt32(RTN_LOCAL))])[...], isEqual: true)
  }

  private mutating func requireTranslation() {
    expression("ct") {
      $0.put(NFTA_CT_KEY, bigEndian: NFT_CT_STATUS.rawValue)
      $0.put(NFTA_CT_DREG, bigEndian: Self.firstRegister)
    }
    bitwise(mask: NftValue.bytes([.mark(IPS_DST_NAT.rawValue)]))
    compare([0, 0, 0, 0], isEqual: false)
  }

  private mutating func lookUp(_ key: [NftOperand], _ set: String, into register: UInt32? = nil) {
    load(key)
    expression("lookup") {
      $0.put(NFTA_LOOKUP_SET, set)
      $0.put(NFTA_LOOKUP_SREG, bigEndian: Self.firstRegister)
      if let register { $0.put(NFTA_LOOKUP_DREG, bigEndian: register) }
    }
  }

  // MARK: Actions

  private mutating func setMark(_ key: [NftOperand], _ map: String) {
    lookUp(key, map, into: Self.firstRegister)
    expression("meta") {
      $0.put(NFTA_META_KEY, bigEndian: NFT_META_MARK.rawValue)
      $0.put(NFTA_META_SREG, bigEndian: Self.firstRegister)
    }
  }

  private mutating func translate(_ key: [NftOperand], _ map: String) {
    lookUp(key, map, into: Self.firstRegister)
    translateFromRegisters()
  }

  private mutating func translate(to address: IPv4Address, _ port: UInt16) {
    immediate(address.networkBytes, into: Self.firstRegister)
    immediate([UInt8(port >> 8), UInt8(port & 255)], into: Self.firstRegister + 1)
    translateFromRegisters()
  }

  private mutating func translateFromRegisters() {
    expression("nat") {
      $0.put(NFTA_NAT_TYPE, bigEndian: NFT_NAT_DNAT.rawValue)
      $0.put(NFTA_NAT_FAMILY, bigEndian: UInt32(NFPROTO_IPV4))
      $0.put(NFTA_NAT_REG_ADDR_MIN, bigEndian: Self.firstRegister)
      $0.put(NFTA_NAT_REG_PROTO_MIN, bigEndian: Self.firstRegister + 1)
    }
  }

  private mutating func immediate(_ bytes: [UInt8], into register: UInt32) {
    expression("immediate") {
      $0.put(NFTA_IMMEDIATE_DREG, bigEndian: register)
      $0.nest(NFTA_IMMEDIATE_DATA) { $0.put(NFTA_DATA_VALUE, bytes: bytes) }
    }
  }

  private mutating func reject(_ rejection: NftStatement.Rejection) {
    let type = rejection == .tcpReset ? NFT_REJECT_TCP_RST : NFT_REJECT_ICMP_UNREACH
    expression("reject") {
      $0.put(NFTA_REJECT_TYPE, bigEndian: type.rawValue)
      // ICMP_PORT_UNREACH
      $0.put(NFTA_REJECT_ICMP_CODE, UInt8(rejection == .tcpReset ? 0 : 3))
    }
  }

  private mutating func decide(_ verdict: NftVerdict) {
    expression("immediate") {
      $0.put(NFTA_IMMEDIATE_DREG, bigEndian: Self.verdictRegister)
      $0.nest(NFTA_IMMEDIATE_DATA) { $0.put(verdict) }
    }
  }
}

extension NetlinkWriter {
  mutating func put(_ verdict: NftVerdict) {
    nest(NFTA_DATA_VERDICT) {
      $0.put(NFTA_VERDICT_CODE, bigEndian: verdict.code)
      if let chain = verdict.chain { $0.put(NFTA_VERDICT_CHAIN, chain) }
    }
  }
}
