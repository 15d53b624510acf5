import KubernetesAPI
import Netlink

/// Services and endpoints as the API has them, and what of it the kernel has: a pure value.
struct ProxyState: Sendable {
  /// One atomic change of the kernel's table, and the UDP connections to forget after it.
  struct Change: Sendable, Equatable {
    var transaction: NftTransaction
    var staleUDP: StaleUDP
  }

  private static let serviceNameLabel = "kubernetes.io/service-name"

  private let nodeName: String
  private let cluster: IPv4Prefix
  private var services: [ObjectKey: Service] = [:]
  /// By Service, then by the slice's name.
  private var slices: [ObjectKey: [String: EndpointSlice]] = [:]
  private var serviceOfSlice: [ObjectKey: ObjectKey] = [:]
  private var dirty: Set<ObjectKey> = []
  private var table = ProxyElementTable()
  /// The rules that the kernel has; one stays until a new one is needed.
  private var balancings: Set<ServiceBalancing> = []
  /// How many frontends need each rule.
  private var uses: [ServiceBalancing: Int] = [:]

  init(nodeName: String, cluster: IPv4Prefix) {
    self.nodeName = nodeName
    self.cluster = cluster
  }

  var hasChanges: Bool { !dirty.isEmpty }

  /// - Parameter service: nil when it was deleted.
  mutating func setService(_ key: ObjectKey, _ service: Service?) {
    services[key] = service
    dirty.insert(key)
  }

  /// - Parameter slice: nil when it was deleted.
  mutating func setSlice(_ key: ObjectKey, _ slice: EndpointSlice?) {
    if let old = serviceOfSlice.removeValue(forKey: key) {
      slices[old]?[key.name] = nil
      if slices[old]?.isEmpty == true { slices[old] = nil }
      dirty.insert(old)
    }
    guard let slice, let name = slice.metadata.labels[Self.serviceNameLabel], !name.isEmpty else { return }
    let service = ObjectKey(namespace: key.namespace, name: name)
    serviceOfSlice[key] = service
    slices[service, default: [:]][key.name] = slice
    dirty.insert(service)
  }

  /// What to change since the last plan; nil when nothing. The state takes it as done.
  mutating func plan() -> Change? {
    refresh()
    let difference = table.takeDifference()
    guard !difference.isEmpty else { return nil }
    count(difference)
    var transaction = NftTransaction(ServiceRuleset.table)
    if uses.keys.contains(where: { !balancings.contains($0) }) {
      balancings = Set(uses.keys)
      transaction.append(contentsOf: ServiceRuleset.replaceBalancingRules(balancings.sorted()))
    }
    for (set, elements) in difference.deleted.bySet { transaction.append(.deleteElements(set, elements)) }
    for (set, elements) in difference.added.bySet { transaction.append(.addElements(set, elements)) }
    return Change(transaction: transaction, staleUDP: StaleUDP(difference))
  }

  /// The table made anew in one transaction, whatever the kernel has.
  mutating func planWhole() -> Change {
    refresh()
    let difference = table.takeDifference()
    count(difference)
    balancings = Set(uses.keys)
    var transaction = NftTransaction(ServiceRuleset.table)
    transaction.append(contentsOf: [.addTable, .deleteTable])
    transaction.append(contentsOf: ServiceRuleset.frame(cluster: cluster, balancings: balancings.sorted()))
    for (set, elements) in table.applied.bySet { transaction.append(.addElements(set, elements)) }
    return Change(transaction: transaction, staleUDP: StaleUDP(difference))
  }

  /// What the kernel should have of a set, after the last plan.
  func elements(of set: ProxySet) -> Set<NftElement> {
    Set(table.applied.lazy.filter { $0.key.set == set }.map { NftElement($0.key.values, $0.value.nft) })
  }

  private mutating func refresh() {
    for key in dirty {
      let elements = services[key].map {
        ServiceElements.make($0, slices[key].map { Array($0.values) } ?? [], nodeName: nodeName)
      }
      table.set(key, elements ?? [:])
    }
    dirty = []
  }

  private mutating func count(_ difference: ProxyElementTable.Difference) {
    for (key, datum) in difference.deleted {
      guard let balancing = ServiceBalancing(key, datum), let count = uses[balancing] else { continue }
      uses[balancing] = count > 1 ? count - 1 : nil
    }
    for (key, datum) in difference.added {
      if let balancing = ServiceBalancing(key, datum) { uses[balancing, default: 0] += 1 }
    }
  }
}

extension ServiceBalancing {
  /// The rule that a frontend needs; nil for other elements, and without endpoints.
  fileprivate init?(_ key: ProxyKey, _ datum: ProxyDatum) {
    guard case .frontend(let frontend) = key, case .mark(let mark) = datum, mark.count > 0 else { return nil }
    self.init(isNodePort: frontend.address == nil, count: mark.count, isSticky: mark.flags.contains(.sticky))
  }
}
