import KubernetesAPI
import Netlink

/// The maps and sets whose elements Services make.
enum ProxySet: UInt8, CaseIterable, Sendable {
  case services, endpoints, nodePorts, nodeEndpoints, hairpins, addresses

  var nft: NftSet { ServiceRuleset.sets[Int(rawValue)] }
}

/// Where traffic comes in: a virtual address with a port, or a port of the node.
struct ProxyFrontend: Hashable, Sendable {
  /// Nil for a node port, which is any address of the node.
  var address: IPv4Address?
  var transportProtocol: UInt8
  var port: UInt16

  var values: [NftValue] {
    (address.map { [.address($0)] } ?? []) + [.proto(transportProtocol), .port(port)]
  }
}

/// What an element is found by. There are tens of thousands of these: no heap memory.
enum ProxyKey: Hashable, Sendable {
  case frontend(ProxyFrontend)
  case endpoint(ProxyFrontend, index: UInt32)
  case hairpin(IPv4Address)
  case address(IPv4Address)

  var set: ProxySet {
    switch self {
    case .frontend(let frontend): frontend.address == nil ? .nodePorts : .services
    case .endpoint(let frontend, _): frontend.address == nil ? .nodeEndpoints : .endpoints
    case .hairpin: .hairpins
    case .address: .addresses
    }
  }

  var values: [NftValue] {
    switch self {
    case .frontend(let frontend): frontend.values
    case .endpoint(let frontend, let index): frontend.values + [.mark(index)]
    case .hairpin(let address): [.address(address), .address(address)]
    case .address(let address): [.address(address)]
    }
  }
}

/// A pod's address and port.
struct ProxyEndpoint: Hashable, Comparable, Sendable {
  var address: IPv4Address
  var port: UInt16

  static func < (left: ProxyEndpoint, right: ProxyEndpoint) -> Bool {
    (left.address.value, left.port) < (right.address.value, right.port)
  }
}

/// What an element says.
enum ProxyDatum: Hashable, Sendable {
  case present
  case mark(ServiceMark)
  case endpoint(ProxyEndpoint)

  var nft: NftElement.Datum {
    switch self {
    case .present: .none
    case .mark(let mark): .values([.mark(mark.value)])
    case .endpoint(let endpoint): .values([.address(endpoint.address), .port(endpoint.port)])
    }
  }
}

typealias ProxyElements = [ProxyKey: ProxyDatum]

/// The elements that all Services together want, and those that the kernel has.
///
/// Several Services may want the same element: a pod of two Services is a hairpin once, and of two Services with the same
/// external address and port the first by name has it until it goes.
struct ProxyElementTable: Sendable {
  /// Who wants an element, and what it is to say. Nearly always one.
  private enum Holders: Sendable {
    case one(ObjectKey, ProxyDatum)
    case several([ObjectKey: ProxyDatum])

    var datum: ProxyDatum? {
      switch self {
      case .one(_, let datum): datum
      case .several(let all):
        // Where all say the same, as hairpins do, there is nothing to choose among thousands.
        all.first?.value == .present ? .present : all.min { precedes($0.key, $1.key) }?.value
      }
    }

    mutating func set(_ owner: ObjectKey, _ datum: ProxyDatum) {
      switch consume self {
      case .one(owner, _): self = .one(owner, datum)
      case .one(let other, let otherDatum): self = .several([other: otherDatum, owner: datum])
      case .several(var all):
        all[owner] = datum
        self = .several(all)
      }
    }

    /// Nil when nobody is left.
    consuming func removing(_ owner: ObjectKey) -> Holders? {
      switch consume self {
      case .one(let only, let datum): return only == owner ? nil : .one(only, datum)
      case .several(var all):
        all[owner] = nil
        return all.isEmpty ? nil : .several(all)
      }
    }
  }

  struct Difference: Sendable, Equatable {
    var deleted: ProxyElements = [:]
    var added: ProxyElements = [:]
    var isEmpty: Bool { deleted.isEmpty && added.isEmpty }
  }

  private var holders: [ProxyKey: Holders] = [:]
  private var keys: [ObjectKey: [ProxyKey]] = [:]
  private var dirty: Set<ProxyKey> = []
  /// What the kernel has, provided that every difference taken was applied.
  private(set) var applied: ProxyElements = [:]

  /// Replaces what a Service wants.
  mutating func set(_ owner: ObjectKey, _ elements: ProxyElements) {
    for key in keys.removeValue(forKey: owner) ?? [] where elements[key] == nil { drop(owner, key) }
    for (key, datum) in elements { hold(owner, key, datum) }
    if !elements.isEmpty { keys[owner] = Array(elements.keys) }
  }

  private mutating func drop(_ owner: ObjectKey, _ key: ProxyKey) {
    holders[key] = holders.removeValue(forKey: key)?.removing(owner)
    dirty.insert(key)
  }

  private mutating func hold(_ owner: ObjectKey, _ key: ProxyKey, _ datum: ProxyDatum) {
    holders[key, default: .one(owner, datum)].set(owner, datum)
    dirty.insert(key)
  }

  private static func precedes(_ left: ObjectKey, _ right: ObjectKey) -> Bool {
    (left.namespace, left.name) < (right.namespace, right.name)
  }

  /// What to change in the kernel; the table takes it as done.
  mutating func takeDifference() -> Difference {
    var difference = Difference()
    for key in dirty {
      let wanted = holders[key]?.datum
      let present = applied[key]
      guard wanted != present else { continue }
      if let present { difference.deleted[key] = present }
      if let wanted { difference.added[key] = wanted }
      applied[key] = wanted
    }
    dirty = []
    return difference
  }
}

extension ProxyElements {
  /// By set, in the order of the sets.
  var bySet: [(set: NftSet, elements: [NftElement])] {
    var lists = [[NftElement]](repeating: [], count: ProxySet.allCases.count)
    for (key, datum) in self { lists[Int(key.set.rawValue)].append(NftElement(key.values, datum.nft)) }
    return ProxySet.allCases.map { ($0.nft, lists[Int($0.rawValue)]) }.filter { !$0.1.isEmpty }
  }
}
