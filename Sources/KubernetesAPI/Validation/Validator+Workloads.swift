extension Validator {
  mutating func replicaSet(_ set: ReplicaSet) { replicaSetSpec(set.spec) }

  mutating func replicaSetUpdate(_ new: ReplicaSet, old: ReplicaSet) {
    replicaSetSpec(new.spec)
    selectorStays(new.spec.selector, old: old.spec.selector)
  }

  private mutating func replicaSetSpec(_ spec: ReplicaSetSpec) {
    let path: FieldPath = "spec"
    nonNegative(path / "replicas", spec.replicas)
    nonNegative(path / "minReadySeconds", spec.minReadySeconds)
    workloadSelector(spec.json, path)
    template(spec.template, selector: spec.json["selector"], path / "template")
  }

  /// A selector must be there and must not be empty.
  private mutating func workloadSelector(_ spec: JSON, _ path: FieldPath) {
    guard let selector = LabelSelector(json: spec["selector"] ?? .null) else { return required(path / "selector") }
    labelSelector(selector, path / "selector")
    if selector.matchLabels.isEmpty, selector.matchExpressions.isEmpty {
      invalid(path / "selector", GoLabelSelector(selector), "empty selector is invalid for deployment")
    }
  }

  /// A template whose pods the selector finds and that run for ever.
  private mutating func template(
    _ template: PodTemplateSpec, selector: JSON?, _ path: FieldPath, of kind: String = "ReplicaSet"
  ) {
    let metadata = template.metadata
    if let selector = LabelSelector(json: selector ?? .null), selector.isWellFormed, !selector.isEmpty,
      !selector.finds(metadata.labels)
    {
      invalid(path / "metadata" / "labels", metadata.labels, "`selector` does not match template `labels`")
    }
    labels(metadata.labels, path / "labels")
    annotations(metadata.annotations, path / "annotations")
    podSpec(template.spec, path / "spec", isPod: false)
    if !template.spec.ephemeralContainers.isEmpty {
      forbidden(path / "spec" / "ephemeralContainers", "ephemeral containers not allowed in pod template")
    }
    let policy = template.spec.json["restartPolicy"]?.stringValue ?? ""
    if policy == "OnFailure" || policy == "Never" {
      notSupported(path / "spec" / "restartPolicy", policy, ["Always"])
    }
    if template.spec.activeDeadlineSeconds != nil {
      let why = "activeDeadlineSeconds in \(kind) is not Supported"
      forbidden(path / "spec" / "activeDeadlineSeconds", why)
    }
  }

  mutating func replicationController(_ controller: ReplicationController) {
    let path: FieldPath = "spec"
    let spec = controller.spec
    nonNegative(path / "minReadySeconds", spec.minReadySeconds)
    if spec.selector.isEmpty { required(path / "selector") }
    nonNegative(path / "replicas", spec.replicas)
    guard let podTemplate = spec.template else { return required(path / "template") }
    let selector: JSON? = spec.selector.isEmpty ? nil : ["matchLabels": spec.json["selector"] ?? .null]
    template(podTemplate, selector: selector, path / "template", of: "ReplicationController")
  }

  mutating func replicationControllerStatus(_ new: ReplicationController, old: ReplicationController) {
    replicaStatus(ReplicaSetStatus(unchecked: new.status.json))
  }

  mutating func replicaSetStatus(_ new: ReplicaSet, old: ReplicaSet) { replicaStatus(new.status) }

  private mutating func replicaStatus(_ status: ReplicaSetStatus) {
    let path: FieldPath = "status"
    nonNegative(path / "replicas", status.replicas)
    nonNegative(path / "fullyLabeledReplicas", status.fullyLabeledReplicas)
    nonNegative(path / "readyReplicas", status.readyReplicas)
    nonNegative(path / "availableReplicas", status.availableReplicas)
    nonNegative(path / "observedGeneration", status.observedGeneration)
    let tooMany = "cannot be greater than status.replicas"
    if status.fullyLabeledReplicas > status.replicas {
      invalid(path / "fullyLabeledReplicas", status.fullyLabeledReplicas, tooMany)
    }
    readiness(ready: status.readyReplicas, available: status.availableReplicas, of: status.replicas, path)
  }

  private mutating func readiness(ready: Int, available: Int, of replicas: Int, _ path: FieldPath) {
    let tooMany = "cannot be greater than status.replicas"
    if ready > replicas { invalid(path / "readyReplicas", ready, tooMany) }
    if available > replicas { invalid(path / "availableReplicas", available, tooMany) }
    if available > ready {
      invalid(path / "availableReplicas", available, "cannot be greater than readyReplicas")
    }
  }

  mutating func deployment(_ deployment: Deployment) { deploymentSpec(deployment.spec) }

  mutating func deploymentUpdate(_ new: Deployment, old: Deployment) {
    deploymentSpec(new.spec)
    selectorStays(new.spec.selector, old: old.spec.selector)
  }

  private mutating func selectorStays(_ new: LabelSelector, old: LabelSelector) {
    if new != old { invalid("spec.selector", GoLabelSelector(new), Self.isImmutable) }
  }

  private mutating func deploymentSpec(_ spec: DeploymentSpec) {
    let path: FieldPath = "spec"
    nonNegative(path / "replicas", spec.replicas)
    workloadSelector(spec.json, path)
    template(spec.template, selector: spec.json["selector"], path / "template")
    strategy(spec.strategy, path / "strategy")
    nonNegative(path / "minReadySeconds", spec.minReadySeconds)
    nonNegative(path / "revisionHistoryLimit", spec.revisionHistoryLimit)
    guard let deadline = spec.progressDeadlineSeconds else { return }
    nonNegative(path / "progressDeadlineSeconds", deadline)
    if deadline <= spec.minReadySeconds {
      invalid(path / "progressDeadlineSeconds", deadline, "must be greater than minReadySeconds")
    }
  }

  private mutating func strategy(_ strategy: DeploymentStrategy, _ path: FieldPath) {
    switch strategy.json["type"]?.stringValue ?? "" {
    case "Recreate":
      if strategy.rollingUpdate != nil {
        forbidden(path / "rollingUpdate", "may not be specified when strategy `type` is 'Recreate'")
      }
    case "RollingUpdate":
      guard let rolling = strategy.rollingUpdate else {
        return required(path / "rollingUpdate", "this should be defaulted and never be nil")
      }
      rollingUpdate(rolling, path / "rollingUpdate")
    case let type: notSupported(path / "type", type, ["Recreate", "RollingUpdate"])
    }
  }

  private mutating func rollingUpdate(_ rolling: RollingUpdateDeployment, _ path: FieldPath) {
    let missing = rolling.maxUnavailable ?? .int(0)
    let extra = rolling.maxSurge ?? .int(0)
    share(missing, path / "maxUnavailable")
    share(extra, path / "maxSurge")
    if Self.isNothing(missing), Self.isNothing(extra) {
      invalid(path / "maxUnavailable", missing, "may not be 0 when `maxSurge` is 0")
    }
    if case .string(let text) = missing, let percent = IntOrString.percent(text), percent > 100 {
      invalid(path / "maxUnavailable", missing, "must not be greater than 100%")
    }
  }

  private static func isNothing(_ share: IntOrString) -> Bool { share.scaled(to: 100, roundingUp: true) == 0 }

  private mutating func share(_ share: IntOrString, _ path: FieldPath) {
    switch share {
    case .int(let value): nonNegative(path, value)
    case .string(let text):
      guard IntOrString.percent(text) == nil else { return }
      invalid(
        path, text,
        "a valid percent string must be a numeric string followed by an ending '%' "
          + "(e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')")
    }
  }

  mutating func deploymentStatus(_ new: Deployment, old: Deployment) {
    let path: FieldPath = "status"
    let status = new.status
    nonNegative(path / "observedGeneration", status.observedGeneration)
    nonNegative(path / "replicas", status.replicas)
    nonNegative(path / "updatedReplicas", status.updatedReplicas)
    nonNegative(path / "readyReplicas", status.readyReplicas)
    nonNegative(path / "availableReplicas", status.availableReplicas)
    nonNegative(path / "unavailableReplicas", status.unavailableReplicas)
    nonNegative(path / "collisionCount", status.collisionCount)
    if status.updatedReplicas > status.replicas {
      invalid(path / "updatedReplicas", status.updatedReplicas, "cannot be greater than status.replicas")
    }
    readiness(ready: status.readyReplicas, available: status.availableReplicas, of: status.replicas, path)
    if let count = old.status.collisionCount, (new.status.collisionCount ?? 0) < count {
      invalid(path / "collisionCount", new.status.collisionCount ?? 0, "cannot be decremented")
    }
  }

  mutating func scale(_ scale: Scale) { nonNegative("spec.replicas", scale.spec.replicas) }
}

/// A selector as Go prints a `v1.LabelSelector`.
struct GoLabelSelector: InvalidValue {
  let selector: LabelSelector

  init(_ selector: LabelSelector) { self.selector = selector }

  var goText: String {
    let labels = selector.json["matchLabels"] == nil ? "map[string]string(nil)" : selector.matchLabels.goText
    let expressions = selector.matchExpressions.map { requirement in
      let comparison = requirement.json["operator"]?.stringValue ?? ""
      let values = requirement.json["values"] == nil ? "[]string(nil)" : requirement.values.goText
      return "v1.LabelSelectorRequirement{Key:\(requirement.key.goQuoted), "
        + "Operator:\(comparison.goQuoted), Values:\(values)}"
    }
    let list =
      expressions.isEmpty
      ? "[]v1.LabelSelectorRequirement(nil)"
      : "[]v1.LabelSelectorRequirement{\(expressions.joined(separator: ", "))}"
    return "v1.LabelSelector{MatchLabels:\(labels), MatchExpressions:\(list)}"
  }
}

extension View<LabelSelectorFields> {
  fileprivate var isEmpty: Bool { self.matchLabels.isEmpty && self.matchExpressions.isEmpty }

  fileprivate var isWellFormed: Bool {
    self.matchExpressions.allSatisfy { LabelSelectorOperator(rawValue: $0.json["operator"]?.stringValue ?? "") != nil }
  }

  fileprivate func finds(_ labels: [String: String]) -> Bool {
    guard self.matchLabels.allSatisfy({ labels[$0.key] == $0.value }) else { return false }
    return self.matchExpressions.allSatisfy { requirement in
      let value = labels[requirement.key]
      switch requirement.operator {
      case .in: return value.map(requirement.values.contains) ?? false
      case .notIn: return !(value.map(requirement.values.contains) ?? false)
      case .exists: return value != nil
      case .doesNotExist: return value == nil
      }
    }
  }
}
