import KubernetesAPI

/// What to send to `pods/status` so that it becomes `new`: a strategic merge patch of the fields that differ, nil when
/// none does. Conditions of other owners are left to them.
package enum StatusPatch {
  package static func make(uid: String, from old: PodStatus, to new: PodStatus) -> Patch? {
    var status = JSON.emptyObject
    for key in Set((old.json.objectValue?.keys ?? []) + (new.json.objectValue?.keys ?? [])).sorted() {
      guard !untouched.contains(key), !isSame(old.json[key], new.json[key]) else { continue }
      switch key {
      case "conditions": status[key] = conditions(old, new)
      case "podIPs": status[key] = podIPs(old, new)
      default: status[key] = new.json[key] ?? .null
      }
    }
    guard let object = status.objectValue, !object.isEmpty else { return nil }
    return .strategicMerge(["metadata": ["uid": .string(uid)], "status": status])
  }

  /// Equal but for what is empty on one side and absent on the other: the API writes `lastState: {}` where there is none,
  /// and who waits for it to have our status would wait for ever.
  private static func isSame(_ old: JSON?, _ new: JSON?) -> Bool {
    if old == new { return true }
    switch (old, new) {
    case (.object(let old)?, .object(let new)?):
      return Set(old.keys).union(new.keys).allSatisfy { isSame(old[$0], new[$0]) }
    case (.array(let old)?, .array(let new)?) where old.count == new.count:
      return zip(old, new).allSatisfy { isSame($0, $1) }
    default: return isNothing(old) && isNothing(new)
    }
  }

  private static func isNothing(_ json: JSON?) -> Bool {
    switch json {
    case nil, .null?: true
    case .object(let object)?: object.isEmpty
    case .array(let elements)?: elements.isEmpty
    default: false
    }
  }

  /// Fields of the status that others write.
  private static let untouched: Set<String> = [
    "nominatedNodeName", "resourceClaimStatuses", "observedGeneration",
  ]

  /// The list merges by type and each condition member by member, so members that are gone are removed by name: a pod
  /// that is over would keep the message of what it waited for.
  private static func conditions(_ old: PodStatus, _ new: PodStatus) -> JSON? {
    let changed = new.conditions.compactMap { condition -> JSON? in
      let known = old.conditions.first { $0.type == condition.type }
      guard known != condition else { return nil }
      var json = condition.json
      for member in known?.json.objectValue?.keys ?? [] where json[member] == nil { json[member] = .null }
      return json
    }
    return changed.isEmpty ? nil : .array(changed)
  }

  /// The list merges by address, so addresses that are gone are removed by name.
  private static func podIPs(_ old: PodStatus, _ new: PodStatus) -> JSON {
    let gone = old.podIPs.map { $0.ip }.filter { address in !new.podIPs.contains { $0.ip == address } }
    return .array(
      new.podIPs.map { $0.json } + gone.map { ["$patch": "delete", "ip": .string($0)] })
  }
}
