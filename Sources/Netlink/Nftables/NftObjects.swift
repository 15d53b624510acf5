/// A family of tables: which packets they see.
package enum NftFamily: UInt8, Sendable {
  case inet = 1
  case ip = 2

  var text: String { self == .inet ? "inet" : "ip" }
}

package struct NftTable: Sendable, Hashable {
  package var family: NftFamily
  package var name: String

  package init(_ family: NftFamily, _ name: String) {
    self.family = family
    self.name = name
  }

  var text: String { "\(family.text) \(name)" }
}

/// The place where packets enter a chain.
package struct NftHook: Sendable, Hashable {
  package enum ChainType: String, Sendable { case filter, nat, route }
  package enum Point: UInt32, Sendable {
    case prerouting = 0
    case input, forward, output, postrouting

    var text: String {
      switch self {
      case .prerouting: "prerouting"
      case .input: "input"
      case .forward: "forward"
      case .output: "output"
      case .postrouting: "postrouting"
      }
    }
  }

  package var type: ChainType
  package var point: Point
  /// Lower comes first: -100 translates destinations, 0 filters, 100 translates sources.
  package var priority: Int32

  package init(_ type: ChainType, _ point: Point, priority: Int32) {
    self.type = type
    self.point = point
    self.priority = priority
  }

  package static let destinationNATPriority: Int32 = -100
  package static let filterPriority: Int32 = 0
  package static let sourceNATPriority: Int32 = 100

  var text: String { "type \(type.rawValue) hook \(point.text) priority \(priority) ; policy accept ;" }
}

package struct NftChain: Sendable, Hashable {
  package var name: String
  /// Nil for a chain that only rules lead to.
  package var hook: NftHook?

  package init(_ name: String, hook: NftHook? = nil) {
    self.name = name
    self.hook = hook
  }
}

/// A set, or a map when its elements carry data.
package struct NftSet: Sendable, Hashable {
  package var name: String
  /// What an element is found by; several make a concatenation.
  package var key: [NftType]
  /// What an element carries; empty for a plain set.
  package var data: [NftType]
  /// How the key is written in text where the types alone do not say it (`typeof …`).
  package var keyText: String?

  package init(_ name: String, key: [NftType], data: [NftType] = [], keyText: String? = nil) {
    self.name = name
    self.key = key
    self.data = data
    self.keyText = keyText
  }

  var isMap: Bool { !data.isEmpty }

  var typeText: String {
    let key = keyText.map { "typeof \($0)" } ?? "type " + key.map(\.text).joined(separator: " . ")
    let names = data.map(\.text)
    let data = keyText == nil ? names : self.data.map { $0 == .ipv4Address ? "ip daddr" : "th dport" }
    return names.isEmpty ? key : "\(key) : \(data.joined(separator: " . "))"
  }
}

package struct NftElement: Sendable, Hashable {
  package enum Datum: Sendable, Hashable {
    case none
    case values([NftValue])
    case verdict(NftVerdict)
  }

  package var key: [NftValue]
  package var datum: Datum

  package init(_ key: [NftValue], _ datum: Datum = .none) {
    self.key = key
    self.datum = datum
  }

  package var text: String {
    switch datum {
    case .none: NftValue.text(key)
    case .values(let values): "\(NftValue.text(key)) : \(NftValue.text(values))"
    case .verdict(let verdict): "\(NftValue.text(key)) : \(verdict.text)"
    }
  }
}
