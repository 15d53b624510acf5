extension Validator {
  mutating func node(_ node: Node) {
    // Upstream names the taints under metadata.
    taints(node.spec.taints, "metadata.taints")
    nodeAmounts(node.status.capacity, "status.capacity")
    nodeAmounts(node.status.allocatable, "status.allocatable")
    podRanges(node.spec.podCIDRs)
  }

  private mutating func nodeAmounts(_ amounts: [String: Quantity], _ path: FieldPath) {
    for (name, amount) in amounts.sorted(by: { $0.key < $1.key }) { resourceAmount(name, amount, path / name) }
  }

  private mutating func taints(_ taints: [Taint], _ path: FieldPath) {
    var seen: Set<String> = []
    for (position, taint) in taints.enumerated() {
      let path = path.index(position)
      labelKey(taint.key, path / "key")
      let reasons = NameRules.labelValue(taint.value)
      if !reasons.isEmpty { invalid(path / "value", taint.value, reasons.joined(separator: ";")) }
      let effect = taint.json["effect"]?.stringValue ?? ""
      if effect.isEmpty {
        required(path / "effect")
      } else {
        taintEffect(effect, path / "effect")
      }
      if !seen.insert("\(effect)/\(taint.key)").inserted {
        duplicate(path, GoTaint(taint), "taints must be unique by key and effect pair")
      }
    }
  }

  private mutating func podRanges(_ ranges: [String]) {
    for (position, range) in ranges.enumerated() {
      invalid(FieldPath("spec.podCIDRs").index(position), range, IPAddressRules.range(range))
    }
  }

  /// A node's ranges and identity are set once.
  mutating func nodeUpdate(_ new: Node, old: Node) {
    node(new)
    if !old.spec.podCIDRs.isEmpty, new.spec.podCIDRs != old.spec.podCIDRs {
      forbidden("spec.podCIDRs", "node updates may not change podCIDR except from \"\" to valid")
    }
    if !old.spec.providerID.isEmpty, new.spec.providerID != old.spec.providerID {
      forbidden("spec.providerID", "node updates may not change providerID except from \"\" to valid")
    }
    duplicateAddresses(new.status.addresses)
  }

  private mutating func duplicateAddresses(_ addresses: [NodeAddress]) {
    var seen: Set<NodeAddress> = []
    for (position, address) in addresses.enumerated() where !seen.insert(address).inserted {
      duplicate(FieldPath("status.addresses").index(position), address.json)
    }
  }

  mutating func lease(_ lease: Lease) {
    let path: FieldPath = "spec"
    if let seconds = lease.spec.leaseDurationSeconds, seconds <= 0 {
      invalid(path / "leaseDurationSeconds", seconds, "must be greater than 0")
    }
    if let count = lease.spec.leaseTransitions, count < 0 {
      invalid(path / "leaseTransitions", count, "must be greater than or equal to 0")
    }
  }
}

/// A taint as Go prints a `core.Taint`.
private struct GoTaint: InvalidValue {
  let goText: String

  init(_ taint: Taint) {
    let effect = taint.json["effect"]?.stringValue ?? ""
    goText =
      "core.Taint{Key:\(taint.key.goQuoted), Value:\(taint.value.goQuoted), Effect:\(effect.goQuoted), "
      + "TimeAdded:(*v1.Time)(nil)}"
  }
}
