extension Validator {
  private static let taintEffects = ["NoSchedule", "PreferNoSchedule", "NoExecute"]

  mutating func tolerations(_ tolerations: [Toleration], _ path: FieldPath) {
    for (position, toleration) in tolerations.enumerated() { self.toleration(toleration, path.index(position)) }
  }

  private mutating func toleration(_ toleration: Toleration, _ path: FieldPath) {
    let effect = toleration.json["effect"]?.stringValue ?? ""
    let comparison = toleration.json["operator"]?.stringValue ?? ""
    if !toleration.key.isEmpty { labelKey(toleration.key, path / "key") }
    if toleration.key.isEmpty, comparison != "Exists" {
      let why = "operator must be Exists when `key` is empty, which means \"match all values and all keys\""
      invalid(path / "operator", comparison, why)
    }
    if toleration.tolerationSeconds != nil, effect != "NoExecute" {
      invalid(path / "effect", effect, "effect must be 'NoExecute' when `tolerationSeconds` is set")
    }
    switch comparison {
    case "", "Equal":
      let reasons = NameRules.labelValue(toleration.value)
      if !reasons.isEmpty { invalid(path / "operator", toleration.value, reasons.joined(separator: ";")) }
    case "Exists":
      if !toleration.value.isEmpty {
        invalid(path / "operator", toleration.value, "value must be empty when `operator` is 'Exists'")
      }
    default: notSupported(path / "operator", comparison, ["Equal", "Exists"])
    }
    if !effect.isEmpty { taintEffect(effect, path / "effect") }
  }

  mutating func taintEffect(_ effect: String, _ path: FieldPath) {
    if !Self.taintEffects.contains(effect) { notSupported(path, effect, Self.taintEffects) }
  }

  mutating func affinity(_ affinity: Affinity, _ path: FieldPath) {
    if let nodes = affinity.nodeAffinity { nodeAffinity(nodes, path / "nodeAffinity") }
    if let pods = affinity.podAffinity {
      podTerms(
        pods.requiredDuringSchedulingIgnoredDuringExecution, pods.preferredDuringSchedulingIgnoredDuringExecution,
        path / "podAffinity")
    }
    if let pods = affinity.podAntiAffinity {
      podTerms(
        pods.requiredDuringSchedulingIgnoredDuringExecution, pods.preferredDuringSchedulingIgnoredDuringExecution,
        path / "podAntiAffinity")
    }
  }

  private mutating func nodeAffinity(_ affinity: NodeAffinity, _ path: FieldPath) {
    if let selector = affinity.requiredDuringSchedulingIgnoredDuringExecution {
      let path = path / "requiredDuringSchedulingIgnoredDuringExecution" / "nodeSelectorTerms"
      if selector.nodeSelectorTerms.isEmpty { required(path, "must have at least one node selector term") }
      for (position, term) in selector.nodeSelectorTerms.enumerated() {
        nodeTerm(term, path.index(position), checksValues: true)
      }
    }
    for (position, term) in affinity.preferredDuringSchedulingIgnoredDuringExecution.enumerated() {
      let path = (path / "preferredDuringSchedulingIgnoredDuringExecution").index(position)
      weight(term.weight, path / "weight")
      nodeTerm(term.preference, path / "preference", checksValues: false)
    }
  }

  private mutating func weight(_ weight: Int, _ path: FieldPath) {
    if !(1...100).contains(weight) { invalid(path, weight, "must be in the range 1-100") }
  }

  private mutating func nodeTerm(_ term: NodeSelectorTerm, _ path: FieldPath, checksValues: Bool) {
    for (position, requirement) in term.matchExpressions.enumerated() {
      nodeLabel(requirement, (path / "matchExpressions").index(position), checksValues: checksValues)
    }
    for (position, requirement) in term.matchFields.enumerated() {
      nodeField(requirement, (path / "matchFields").index(position))
    }
  }

  private mutating func nodeLabel(_ requirement: NodeSelectorRequirement, _ path: FieldPath, checksValues: Bool) {
    let values = requirement.values
    switch requirement.json["operator"]?.stringValue ?? "" {
    case "In", "NotIn":
      if values.isEmpty { required(path / "values", "must be specified when `operator` is 'In' or 'NotIn'") }
    case "Exists", "DoesNotExist":
      if !values.isEmpty {
        forbidden(path / "values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
      }
    case "Gt", "Lt":
      if values.count != 1 {
        required(path / "values", "must be specified single value when `operator` is 'Lt' or 'Gt'")
      }
    case let word: invalid(path / "operator", word, "not a valid selector operator")
    }
    labelKey(requirement.key, path / "key")
    guard checksValues else { return }
    for (position, value) in values.enumerated() {
      invalid((path / "values").index(position), value, NameRules.labelValue(value))
    }
  }

  private mutating func nodeField(_ requirement: NodeSelectorRequirement, _ path: FieldPath) {
    switch requirement.json["operator"]?.stringValue ?? "" {
    case "In", "NotIn":
      if requirement.values.count != 1 {
        let why = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
        required(path / "values", why)
      }
    case let word: invalid(path / "operator", word, "not a valid selector operator")
    }
    guard requirement.key == "metadata.name" else {
      return invalid(path / "key", requirement.key, "not a valid field selector key")
    }
    for (position, value) in requirement.values.enumerated() {
      invalid((path / "values").index(position), value, NameRules.dnsSubdomain(value))
    }
  }

  private mutating func podTerms(_ terms: [PodAffinityTerm], _ weighted: [WeightedPodAffinityTerm], _ path: FieldPath) {
    for (position, term) in terms.enumerated() {
      podTerm(term, (path / "requiredDuringSchedulingIgnoredDuringExecution").index(position))
    }
    for (position, term) in weighted.enumerated() {
      let path = (path / "preferredDuringSchedulingIgnoredDuringExecution").index(position)
      weight(term.weight, path / "weight")
      podTerm(term.podAffinityTerm, path / "podAffinityTerm")
    }
  }

  private mutating func podTerm(_ term: PodAffinityTerm, _ path: FieldPath) {
    if let selector = term.labelSelector { labelSelector(selector, path / "labelSelector") }
    if let selector = term.namespaceSelector { labelSelector(selector, path / "namespaceSelector") }
    for name in term.namespaces { invalid(path / "namespace", name, NameRules.dnsLabel(name)) }
    if term.topologyKey.isEmpty { required(path / "topologyKey", "can not be empty") }
    labelKey(term.topologyKey, path / "topologyKey")
  }

  mutating func topologySpread(_ constraints: [TopologySpreadConstraint], _ path: FieldPath) {
    var seen: Set<String> = []
    for (position, constraint) in constraints.enumerated() {
      let path = path.index(position)
      if constraint.maxSkew <= 0 { invalid(path / "maxSkew", constraint.maxSkew, "must be greater than zero") }
      if constraint.topologyKey.isEmpty {
        required(path / "topologyKey", "can not be empty")
      } else {
        labelKey(constraint.topologyKey, path / "topologyKey")
      }
      let action = constraint.json["whenUnsatisfiable"]
      if UnsatisfiableConstraintAction(rawValue: action?.stringValue ?? "") == nil {
        notSupported(path / "whenUnsatisfiable", action?.stringValue ?? "", ["DoNotSchedule", "ScheduleAnyway"])
      }
      spreadDetails(constraint, path)
      let pair = "{\(constraint.topologyKey), \(action?.stringValue ?? "")}"
      if !seen.insert(pair).inserted { duplicate(path / "{topologyKey, whenUnsatisfiable}", pair) }
    }
  }

  private mutating func spreadDetails(_ constraint: TopologySpreadConstraint, _ path: FieldPath) {
    if let minimum = constraint.minDomains {
      if minimum <= 0 { invalid(path / "minDomains", minimum, "must be greater than zero") }
      if constraint.whenUnsatisfiable != .doNotSchedule {
        invalid(
          path / "minDomains", minimum, "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway"
        )
      }
    }
    word(path / "nodeAffinityPolicy", constraint.json["nodeAffinityPolicy"], NodeInclusionPolicy.self)
    word(path / "nodeTaintsPolicy", constraint.json["nodeTaintsPolicy"], NodeInclusionPolicy.self)
    if let selector = constraint.labelSelector { labelSelector(selector, path / "labelSelector") }
  }
}
