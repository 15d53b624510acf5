import CNetlink
import Glibc

/// The bytes of nf_tables requests (nfnetlink, subsystem 10).
enum NftMessage {
  /// Elements of one message: the list's attribute may not exceed 65,535 bytes, and an element takes at most about 100.
  private static let elementsPerMessage = 500

  /// A note for the `nft` program, which otherwise shows marks with their bytes reversed: field 1 (byte order of the
  /// data), four bytes, 1 (the processor's).
  private static let dataIsInHostOrder: [UInt8] = [1, 4] + withUnsafeBytes(of: UInt32(1), Array.init)

  static func header(_ family: NftFamily?, resource: UInt16 = 0) -> NetlinkWriter {
    NetlinkWriter(
      nfgenmsg(nfgen_family: family?.rawValue ?? 0, version: UInt8(NFNETLINK_V0), res_id: resource.bigEndian))
  }

  static func type(_ message: nf_tables_msg_types) -> Int { Int(NFNL_SUBSYS_NFTABLES) << 8 | Int(message.rawValue) }

  /// Opens a batch. With `generation` the kernel refuses it (ERESTART) unless the rules are of that generation.
  static func begin(generation: UInt32?) -> NetlinkMessage {
    var writer = header(nil, resource: UInt16(NFNL_SUBSYS_NFTABLES))
    if let generation { writer.put(NFNL_BATCH_GENID, bigEndian: generation) }
    return NetlinkMessage(Int(NFNL_MSG_BATCH_BEGIN), writer)
  }

  static func end() -> NetlinkMessage {
    NetlinkMessage(Int(NFNL_MSG_BATCH_END), header(nil, resource: UInt16(NFNL_SUBSYS_NFTABLES)))
  }

  static func getGeneration() -> NetlinkMessage { NetlinkMessage(type(NFT_MSG_GETGEN), header(nil)) }

  /// - Parameter setID: a number for a new set that is unique in the batch.
  static func messages(_ table: NftTable, _ command: NftTransaction.Command, setID: UInt32) -> [NetlinkMessage] {
    switch command {
    case .addTable: [self.table(table, NFT_MSG_NEWTABLE, .create)]
    case .deleteTable: [self.table(table, NFT_MSG_DELTABLE, [])]
    case .addChain(let chain): [add(table, chain)]
    case .flushChain(let chain): [flush(table, chain)]
    case .addRule(let chain, let rule): [add(table, chain, rule)]
    case .addSet(let set): [add(table, set, setID)]
    case .addElements(let set, let elements):
      self.elements(table, NFT_MSG_NEWSETELEM, [.create, .exclusive], set, elements)
    case .deleteElements(let set, let elements): self.elements(table, NFT_MSG_DELSETELEM, [], set, elements)
    }
  }

  private static func table(
    _ table: NftTable, _ message: nf_tables_msg_types, _ flags: NetlinkMessage.Flags
  ) -> NetlinkMessage {
    var writer = header(table.family)
    writer.put(NFTA_TABLE_NAME, table.name)
    return NetlinkMessage(type(message), flags, writer)
  }

  private static func add(_ table: NftTable, _ chain: NftChain) -> NetlinkMessage {
    var writer = header(table.family)
    writer.put(NFTA_CHAIN_TABLE, table.name)
    writer.put(NFTA_CHAIN_NAME, chain.name)
    if let hook = chain.hook {
      writer.nest(NFTA_CHAIN_HOOK) {
        $0.put(NFTA_HOOK_HOOKNUM, bigEndian: hook.point.rawValue)
        $0.put(NFTA_HOOK_PRIORITY, bigEndian: hook.priority)
      }
      writer.put(NFTA_CHAIN_POLICY, bigEndian: UInt32(NF_ACCEPT))
      writer.put(NFTA_CHAIN_TYPE, hook.type.rawValue)
    }
    return NetlinkMessage(type(NFT_MSG_NEWCHAIN), .create, writer)
  }

  private static func flush(_ table: NftTable, _ chain: String) -> NetlinkMessage {
    var writer = header(table.family)
    writer.put(NFTA_RULE_TABLE, table.name)
    writer.put(NFTA_RULE_CHAIN, chain)
    return NetlinkMessage(type(NFT_MSG_DELRULE), writer)
  }

  private static func add(_ table: NftTable, _ chain: String, _ rule: NftRule) -> NetlinkMessage {
    var expressions = NftExpressions()
    expressions.append(rule)
    var writer = header(table.family)
    writer.put(NFTA_RULE_TABLE, table.name)
    writer.put(NFTA_RULE_CHAIN, chain)
    writer.put(NFTA_RULE_EXPRESSIONS.attributeNumber | 0x8000, bytes: expressions.writer.bytes)
    return NetlinkMessage(type(NFT_MSG_NEWRULE), [.create, .append], writer)
  }

  private static func add(_ table: NftTable, _ set: NftSet, _ id: UInt32) -> NetlinkMessage {
    var writer = header(table.family)
    writer.put(NFTA_SET_TABLE, table.name)
    writer.put(NFTA_SET_NAME, set.name)
    writer.put(NFTA_SET_FLAGS, bigEndian: set.isMap ? NFT_SET_MAP.rawValue : 0)
    writer.put(NFTA_SET_KEY_TYPE, bigEndian: NftType.number(of: set.key))
    writer.put(NFTA_SET_KEY_LEN, bigEndian: UInt32(set.key.count) * NftType.lengthBytes)
    if set.data == [.verdict] {
      writer.put(NFTA_SET_DATA_TYPE, bigEndian: NFT_DATA_VERDICT.rawValue)
    } else if set.isMap {
      writer.put(NFTA_SET_DATA_TYPE, bigEndian: NftType.number(of: set.data))
      writer.put(NFTA_SET_DATA_LEN, bigEndian: UInt32(set.data.count) * NftType.lengthBytes)
    }
    writer.put(NFTA_SET_ID, bigEndian: id)
    if set.data == [.mark] { writer.put(NFTA_SET_USERDATA, bytes: dataIsInHostOrder) }
    return NetlinkMessage(type(NFT_MSG_NEWSET), .create, writer)
  }

  private static func elements(
    _ table: NftTable, _ message: nf_tables_msg_types, _ flags: NetlinkMessage.Flags, _ set: NftSet,
    _ elements: [NftElement]
  ) -> [NetlinkMessage] {
    stride(from: 0, to: elements.count, by: elementsPerMessage).map { start in
      var writer = header(table.family)
      writer.put(NFTA_SET_ELEM_LIST_TABLE, table.name)
      writer.put(NFTA_SET_ELEM_LIST_SET, set.name)
      writer.nest(NFTA_SET_ELEM_LIST_ELEMENTS) { list in
        for element in elements[start..<min(start + elementsPerMessage, elements.count)] {
          list.nest(NFTA_LIST_ELEM) { $0.put(element) }
        }
      }
      return NetlinkMessage(type(message), flags, writer)
    }
  }

  static func list(_ message: nf_tables_msg_types, _ table: NftTable, set: NftSet? = nil) -> NetlinkMessage {
    var writer = header(table.family)
    writer.put(NFTA_SET_ELEM_LIST_TABLE, table.name)
    if let set { writer.put(NFTA_SET_ELEM_LIST_SET, set.name) }
    return NetlinkMessage(type(message), writer)
  }
}

extension NetlinkWriter {
  fileprivate mutating func put(_ element: NftElement) {
    nest(NFTA_SET_ELEM_KEY) { $0.put(NFTA_DATA_VALUE, bytes: NftValue.bytes(element.key)) }
    switch element.datum {
    case .none: break
    case .values(let values): nest(NFTA_SET_ELEM_DATA) { $0.put(NFTA_DATA_VALUE, bytes: NftValue.bytes(values)) }
    case .verdict(let verdict): nest(NFTA_SET_ELEM_DATA) { $0.put(verdict) }
    }
  }
}

extension NftElement {
  /// Nil for what is no element of the set.
  init?(_ set: NftSet, _ attribute: NetlinkAttribute) {
    guard let key = attribute.attributes[NFTA_SET_ELEM_KEY]?.attributes[NFTA_DATA_VALUE],
      let values = Self.values(set.key, key.payload)
    else { return nil }
    self.init(values)
    guard let data = attribute.attributes[NFTA_SET_ELEM_DATA]?.attributes else { return }
    if let value = data[NFTA_DATA_VALUE], let values = Self.values(set.data, value.payload) {
      datum = .values(values)
    } else if let verdict = data[NFTA_DATA_VERDICT]?.attributes,
      let code: Int32 = verdict[NFTA_VERDICT_CODE]?.bigEndian(),
      let known = NftVerdict(code: code, chain: verdict[NFTA_VERDICT_CHAIN]?.string)
    {
      datum = .verdict(known)
    }
  }

  private static func values(_ types: [NftType], _ bytes: ArraySlice<UInt8>) -> [NftValue]? {
    guard bytes.count >= types.count * 4 else { return nil }
    return types.enumerated().compactMap { index, type in NftValue(type, bytes.dropFirst(index * 4)) }
  }
}
