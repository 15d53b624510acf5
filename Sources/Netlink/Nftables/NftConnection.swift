import CNetlink
import Glibc
import LinuxSystem

/// nf_tables of one network namespace. One user at a time.
package final class NftConnection {
  private let connection: NetlinkConnection

  package init(_ channel: any NetlinkChannel) { connection = NetlinkConnection(channel) }

  /// The number of the last change of any table; every committed transaction raises it by one.
  package func generation() throws -> UInt32 {
    let reply = try connection.query(NftMessage.getGeneration(), "read the generation of nf_tables")
    return reply.attributes(after: MemoryLayout<nfgenmsg>.size)[NFTA_GEN_ID]?.bigEndian() ?? 0
  }

  /// Applies the change whole or not at all.
  ///
  /// - Parameter generation: the generation that the change was planned for; nil for any.
  /// - Throws: `NftConflict` when somebody changed a table since that generation; `NetlinkError`.
  package func commit(_ transaction: NftTransaction, generation: UInt32? = nil) throws {
    guard !transaction.isEmpty else { return }
    var messages = [NftMessage.begin(generation: generation)]
    var owners = [0]
    for (index, command) in transaction.commands.enumerated() {
      let encoded = NftMessage.messages(transaction.table, command, setID: UInt32(index + 1))
      messages += encoded
      owners += repeatElement(index, count: encoded.count)
    }
    messages.append(NftMessage.end())
    do {
      try connection.performBatch(messages) { Self.describe(transaction, owners[min($0, owners.count - 1)]) }
    } catch let error as NetlinkError where error.errno == ERESTART && generation != nil {
      throw NftConflict()
    }
  }

  private static func describe(_ transaction: NftTransaction, _ index: Int) -> String {
    let table = "table \(transaction.table.text)"
    switch transaction.commands[index] {
    case .addTable: return "add \(table)"
    case .deleteTable: return "delete \(table)"
    case .addChain(let chain): return "add chain \(chain.name) to \(table)"
    case .flushChain(let chain): return "flush chain \(chain) of \(table)"
    case .addRule(let chain, let rule): return "add rule \"\(rule.text)\" to chain \(chain) of \(table)"
    case .addSet(let set): return "add set \(set.name) to \(table)"
    case .addElements(let set, let elements): return "add \(elements.count) elements to set \(set.name) of \(table)"
    case .deleteElements(let set, let elements):
      return "delete \(elements.count) elements of set \(set.name) of \(table)"
    }
  }

  /// Deletes the table with all that is in it; one that is not there is no error.
  package func deleteTable(_ table: NftTable) throws {
    var transaction = NftTransaction(table)
    transaction.append(contentsOf: [.addTable, .deleteTable])
    try commit(transaction)
  }

  package func tableExists(_ table: NftTable) throws -> Bool {
    do {
      _ = try connection.query(NftMessage.list(NFT_MSG_GETTABLE, table), "find table \(table.text)")
      return true
    } catch let error as NetlinkError where error.errno == ENOENT {
      return false
    }
  }

  /// The elements of a set as the kernel has them, in no order.
  package func elements(of set: NftSet, in table: NftTable) throws -> [NftElement] {
    let request = NftMessage.list(NFT_MSG_GETSETELEM, table, set: set)
    return try connection.dump(request, "list set \(set.name) of table \(table.text)").flatMap { message in
      message.attributes(after: MemoryLayout<nfgenmsg>.size)[NFTA_SET_ELEM_LIST_ELEMENTS].map {
        $0.attributes.compactMap { NftElement(set, $0) }
      } ?? []
    }
  }

  /// The kernel's numbers of the table's rules by chain, in order. A number is never used again, so the same numbers mean
  /// the same rules.
  package func ruleHandles(in table: NftTable) throws -> [String: [UInt64]] {
    let request = NftMessage.list(NFT_MSG_GETRULE, table)
    var handles: [String: [UInt64]] = [:]
    for message in try connection.dump(request, "list rules of table \(table.text)") {
      let attributes = message.attributes(after: MemoryLayout<nfgenmsg>.size)
      guard attributes[NFTA_RULE_TABLE]?.string == table.name, let chain = attributes[NFTA_RULE_CHAIN]?.string,
        let handle: UInt64 = attributes[NFTA_RULE_HANDLE]?.bigEndian()
      else { continue }
      handles[chain, default: []].append(handle)
    }
    return handles
  }
}

/// Somebody changed the rules since the generation that a change was planned for.
package struct NftConflict: Error, Equatable {
  package init() {}
}
