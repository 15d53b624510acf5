extension Validator {
  private static let nativeResources: Set<String> = ["cpu", "memory", "ephemeral-storage"]
  private static let hugePages = "hugepages-"

  mutating func containerResources(_ resources: ResourceRequirements, claims: Set<String>, _ path: FieldPath) {
    resourceNames(resources, path) { name in
      Self.nativeResources.contains(name) || name.hasPrefix(Self.hugePages)
    }
    requestsWithinLimits(resources, path)
    for (position, claim) in resources.claims.enumerated() {
      let field = (path / "claims").index(position) / "name"
      if claim.name.isEmpty {
        required(field)
      } else if !claims.contains(claim.name) {
        notFound(field, claim.name)
      }
    }
  }

  /// Resources of a pod as a whole.
  mutating func podResources(_ resources: ResourceRequirements, _ path: FieldPath) {
    if !resources.claims.isEmpty { forbidden(path / "claims", "claims cannot be set for Resources at pod-level") }
    resourceNames(resources, path) { ["cpu", "memory"].contains($0) }
    requestsWithinLimits(resources, path)
  }

  private mutating func resourceNames(
    _ resources: ResourceRequirements, _ path: FieldPath, isKnown: (String) -> Bool
  ) {
    for (list, amounts) in [("limits", resources.limits), ("requests", resources.requests)] {
      for (name, amount) in amounts.sorted(by: { $0.key < $1.key }) {
        let field = (path / list).key(name)
        resourceName(name, field, isKnown: isKnown)
        resourceAmount(name, amount, field)
      }
    }
  }

  /// A name without a domain must be one that Kubernetes itself knows.
  private mutating func resourceName(_ name: String, _ path: FieldPath, isKnown: (String) -> Bool) {
    let reasons = NameRules.qualifiedName(name)
    invalid(path, name, reasons)
    guard reasons.isEmpty, !name.contains("/"), !isKnown(name) else { return }
    invalid(path, name, "must be a standard resource type or fully qualified")
    invalid(path, name, "must be a standard resource for containers")
  }

  mutating func resourceAmount(_ name: String, _ amount: Quantity, _ path: FieldPath) {
    if amount < .zero { invalid(path, amount, "must be greater than or equal to 0") }
    let isNative = Self.nativeResources.contains(name)
    if !isNative, amount.milliValue % 1000 != 0 { invalid(path, amount, "must be an integer") }
  }

  mutating func resourceAmounts(_ amounts: [String: Quantity], _ path: FieldPath) {
    for (name, amount) in amounts.sorted(by: { $0.key < $1.key }) {
      let field = path.key(name)
      invalid(field, name, NameRules.qualifiedName(name))
      resourceAmount(name, amount, field)
    }
  }

  private mutating func requestsWithinLimits(_ resources: ResourceRequirements, _ path: FieldPath) {
    let limits = resources.limits
    let requests = resources.requests
    for (name, request) in requests.sorted(by: { $0.key < $1.key }) {
      let mayBeShared = Self.nativeResources.contains(name)
      guard let limit = limits[name] else {
        if !mayBeShared { required(path / "limits", "Limit must be set for non overcommitable resources") }
        continue
      }
      if request > limit {
        invalid(
          path / "requests", request, "must be less than or equal to \(name) limit of \(limit.json.goText.unquoted)")
      } else if !mayBeShared, request < limit {
        invalid(path / "requests", request, "must be equal to \(name) limit of \(limit.json.goText.unquoted)")
      }
    }
    hugePagesNeedMore(requests, limits, path)
  }

  private mutating func hugePagesNeedMore(
    _ requests: [String: Quantity], _ limits: [String: Quantity], _ path: FieldPath
  ) {
    let names = Set(requests.keys).union(limits.keys)
    guard names.contains(where: { $0.hasPrefix(Self.hugePages) }) else { return }
    if !names.contains("cpu"), !names.contains("memory") {
      forbidden(path, "HugePages require cpu or memory")
    }
  }
}

extension String {
  /// Without the quotes around it.
  var unquoted: String { hasPrefix("\"") && hasSuffix("\"") && count > 1 ? String(dropFirst().dropLast()) : self }
}
