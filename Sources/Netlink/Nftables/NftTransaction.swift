import CNetlink

/// A change of one table as a value: applied whole or not at all.
package struct NftTransaction: Sendable, Equatable {
  package enum Command: Sendable, Equatable {
    case addTable
    /// The table must be there; adding it first makes sure.
    case deleteTable
    case addChain(NftChain)
    /// Takes out the chain's rules.
    case flushChain(String)
    case addRule(chain: String, NftRule)
    case addSet(NftSet)
    case addElements(NftSet, [NftElement])
    case deleteElements(NftSet, [NftElement])
  }

  package let table: NftTable
  package private(set) var commands: [Command] = []

  package init(_ table: NftTable) { self.table = table }

  package var isEmpty: Bool { commands.isEmpty }

  package mutating func append(_ command: Command) {
    switch command {
    case .addElements(let set, let elements), .deleteElements(let set, let elements):
      guard !elements.isEmpty else { return }
      Self.check(set, elements)
    default: break
    }
    commands.append(command)
  }

  package mutating func append(contentsOf commands: [Command]) {
    for command in commands { append(command) }
  }

  /// An element of another type than its set is a bug of the caller.
  private static func check(_ set: NftSet, _ elements: [NftElement]) {
    for element in elements {
      precondition(element.key.map(\.type) == set.key, "an element of \(set.name) has a key of another type")
      guard case .values(let values) = element.datum else { continue }
      precondition(values.map(\.type) == set.data, "an element of \(set.name) has data of another type")
    }
  }

  /// The change in the language of the `nft` program, one command a line.
  package var text: String { commands.map(text).joined(separator: "\n") + "\n" }

  private func text(_ command: Command) -> String {
    switch command {
    case .addTable: "add table \(table.text)"
    case .deleteTable: "delete table \(table.text)"
    case .addChain(let chain):
      "add chain \(table.text) \(chain.name)" + (chain.hook.map { " { \($0.text) }" } ?? "")
    case .flushChain(let chain): "flush chain \(table.text) \(chain)"
    case .addRule(let chain, let rule): "add rule \(table.text) \(chain) \(rule.text)"
    case .addSet(let set): "add \(set.isMap ? "map" : "set") \(table.text) \(set.name) { \(set.typeText) ; }"
    case .addElements(let set, let elements): text("add", set, elements)
    case .deleteElements(let set, let elements): text("delete", set, elements)
    }
  }

  private func text(_ verb: String, _ set: NftSet, _ elements: [NftElement]) -> String {
    "\(verb) element \(table.text) \(set.name) { \(elements.map(\.text).joined(separator: ", ")) }"
  }
}
