extension Validator {
  private static let updatable = [
    "`spec.containers[*].image`", "`spec.initContainers[*].image`", "`spec.activeDeadlineSeconds`",
    "`spec.tolerations` (only additions to existing tolerations)",
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
  ]

  mutating func pod(_ pod: Pod) {
    podSpec(pod.spec, "spec", isPod: true)
    tokensNeedAccount(pod.spec)
    if !pod.spec.ephemeralContainers.isEmpty { forbidden("spec.ephemeralContainers", "cannot be set on create") }
    if !pod.spec.nodeName.isEmpty, !pod.spec.schedulingGates.isEmpty {
      forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared")
    }
  }

  private mutating func tokensNeedAccount(_ spec: PodSpec) {
    guard spec.serviceAccountName.isEmpty else { return }
    for (position, volume) in spec.volumes.enumerated() {
      for (number, source) in (volume.projected?.sources ?? []).enumerated() where source.serviceAccountToken != nil {
        let path = FieldPath("spec.volumes[\(position)].projected.sources[\(number)].serviceAccountToken")
        forbidden(path, "must not be specified when serviceAccountName is not set")
      }
    }
  }

  /// A pod's spec stays what it was, but for the few fields named in the message.
  mutating func podUpdate(_ new: Pod, old: Pod) {
    let path: FieldPath = "spec"
    podSpec(new.spec, path, isPod: true)
    for list in ["containers", "initContainers"] where count(new, list) != count(old, list) {
      return forbidden(path / list, "pod updates may not add or remove containers")
    }
    guard deadlineUpdate(new.spec.activeDeadlineSeconds, old: old.spec.activeDeadlineSeconds) else { return }
    addedTolerations(new.spec.tolerations, old: old.spec.tolerations, path / "tolerations")
    removedGates(new.spec.schedulingGates, old: old.spec.schedulingGates, path / "schedulingGates")
    let comparable = Self.withoutUpdatable(new.spec, old: old.spec)
    guard comparable != old.spec.json else { return }
    let changes = JSONDifference.lines(from: old.spec.json, to: comparable, path: "spec").joined(separator: "\n")
    let fields = Self.updatable.joined(separator: ",")
    forbidden(path, "pod updates may not change fields other than \(fields)\n\(changes)\n")
  }

  private func count(_ pod: Pod, _ list: String) -> Int { pod.json[path: "spec", list]?.arrayValue?.count ?? 0 }

  /// False when nothing further is worth saying.
  private mutating func deadlineUpdate(_ new: Int?, old: Int?) -> Bool {
    let path: FieldPath = "spec.activeDeadlineSeconds"
    guard let new else {
      if old != nil { invalid(path, JSON.null, "must not update from a positive integer to nil value") }
      return true
    }
    if !(0...Self.maximumInt32).contains(new) {
      invalid(path, new, "must be between 0 and \(Self.maximumInt32), inclusive")
      return false
    }
    if let old, old < new {
      invalid(path, new, "must be less than or equal to previous value")
      return false
    }
    return true
  }

  private mutating func addedTolerations(_ new: [Toleration], old: [Toleration], _ path: FieldPath) {
    let comparable = { (toleration: Toleration) in
      var toleration = toleration
      toleration.tolerationSeconds = nil
      return toleration
    }
    let present = Set(new.map(comparable))
    if !old.allSatisfy({ present.contains(comparable($0)) }) {
      forbidden(path, "existing toleration can not be modified except its tolerationSeconds")
    }
  }

  private mutating func removedGates(_ new: [PodSchedulingGate], old: [PodSchedulingGate], _ path: FieldPath) {
    let before = Set(old.map { $0.name })
    for (position, gate) in new.enumerated() where !before.contains(gate.name) {
      let why = "only deletion is allowed, but found new scheduling gate '\(gate.name)'"
      forbidden(path.index(position) / "name", why)
    }
  }

  /// The new spec with the old values of what may change.
  private static func withoutUpdatable(_ new: PodSpec, old: PodSpec) -> JSON {
    var spec = new.json
    for list in ["containers", "initContainers"] {
      guard var containers = spec[list]?.arrayValue, let before = old.json[list]?.arrayValue else { continue }
      for position in containers.indices where position < before.count {
        containers[position]["image"] = before[position]["image"]
      }
      spec[list] = .array(containers)
    }
    for field in ["activeDeadlineSeconds", "schedulingGates", "tolerations"] { spec[field] = old.json[field] }
    if let grace = old.terminationGracePeriodSeconds, grace < 0, new.terminationGracePeriodSeconds == 1 {
      spec["terminationGracePeriodSeconds"] = .int(grace)
    }
    if !old.schedulingGates.isEmpty {
      // A gated pod has not been placed yet, so it may still be narrowed down.
      spec["nodeSelector"] = old.json["nodeSelector"]
      spec["affinity"] = old.json["affinity"]
    }
    return spec
  }

  private static let systemConditions = ["PodScheduled", "Ready", "Initialized"]

  mutating func podStatusUpdate(_ new: Pod, old: Pod) {
    let path: FieldPath = "status"
    for (position, condition) in new.status.conditions.enumerated()
    where !Self.systemConditions.contains(condition.type) {
      // Upstream names the conditions under metadata.
      let field = FieldPath("metadata.conditions").index(position) / "Type"
      invalid(field, condition.type, NameRules.qualifiedName(condition.type))
    }
    if new.spec.nodeName != old.spec.nodeName { forbidden(path / "nodeName", "may not be changed directly") }
    let node = new.status.nominatedNodeName
    if !node.isEmpty { invalid(path / "nominatedNodeName", node, NameRules.dnsSubdomain(node)) }
    immutable(path / "qosClass", new.status.json["qosClass"], old.status.json["qosClass"])
    finishedContainers(new, old, path)
    addresses(new.status, path)
  }

  private mutating func addresses(_ status: PodStatus, _ path: FieldPath) {
    for (position, address) in status.podIPs.enumerated() {
      invalid((path / "podIPs").index(position), address.ip, IPAddressRules.address(address.ip))
    }
    for (position, address) in status.hostIPs.enumerated() {
      invalid((path / "hostIPs").index(position), address.ip, IPAddressRules.address(address.ip))
    }
    guard let first = status.hostIPs.first, first.ip != status.hostIP else { return }
    invalid((path / "hostIPs").index(0) / "ip", first.ip, "must be equal to `hostIP`")
  }

  /// A container that has ended for good stays ended.
  private mutating func finishedContainers(_ new: Pod, _ old: Pod, _ path: FieldPath) {
    let policy = old.spec.restartPolicy
    let sidecars = Set(old.spec.initContainers.filter { $0.restartPolicy == .always }.map { $0.name })
    stateTransitions(
      new.status.containerStatuses, old: old.status.containerStatuses, policy, path / "containerStatuses")
    stateTransitions(
      new.status.initContainerStatuses, old: old.status.initContainerStatuses.filter { !sidecars.contains($0.name) },
      policy, path / "initContainerStatuses")
    stateTransitions(
      new.status.ephemeralContainerStatuses, old: old.status.ephemeralContainerStatuses, .never,
      path / "ephemeralContainerStatuses")
  }

  private mutating func stateTransitions(
    _ new: [ContainerStatus], old: [ContainerStatus], _ restartPolicy: RestartPolicy, _ path: FieldPath
  ) {
    guard restartPolicy != .always else { return }
    let now = Dictionary(new.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    for (position, status) in old.enumerated() {
      guard let ended = status.state.terminated, ended.exitCode == 0 || restartPolicy == .never else { continue }
      guard let next = now[status.name], next.state.terminated == nil else { continue }
      forbidden(path.index(position) / "state", "may not be transitioned to non-terminated state")
    }
  }

  mutating func binding(_ binding: Binding) {
    let kind = binding.target.kind
    if !kind.isEmpty, kind != "Node" { notSupported("target.kind", kind, ["Node", "<empty>"]) }
    if binding.target.name.isEmpty { required("target.name") }
  }
}
