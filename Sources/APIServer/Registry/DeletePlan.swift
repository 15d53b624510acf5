import KubernetesAPI

/// The pure part of a delete: preconditions, grace, finalizers (upstream's `BeforeDelete` and the store's delete).
struct DeletePlan: Sendable {
  static let orphanFinalizer = "orphan"
  static let foregroundFinalizer = "foregroundDeletion"

  let registered: RegisteredKind
  let options: DeleteOptions
  let now: Timestamp

  private var strategy: any Strategy { registered.strategy }

  func outcome(_ current: JSON) throws(Status) -> UpdatePlan.Outcome {
    let metadata = ObjectMeta(unchecked: current["metadata"] ?? .emptyObject)
    try checkPreconditions(metadata)
    if metadata.deletionTimestamp != nil, let pending = pendingOutcome(current, metadata) { return pending }
    var object = current
    object["metadata"]?["finalizers"] = Self.list(finalizers(metadata))
    let requested = metadata.deletionTimestamp == nil ? options.gracePeriodSeconds : 0
    let grace = strategy.gracePeriodSeconds(current, requested: requested)
    mark(&object, graceSeconds: grace ?? 0, isFirst: metadata.deletionTimestamp == nil)
    let isHeld = !finalizers(metadata).isEmpty || strategy.isHeldBySpec(object)
    return isHeld || (grace ?? 0) > 0 ? (object == current ? .unchanged : .put(object)) : .delete(object)
  }

  private func checkPreconditions(_ metadata: ObjectMeta) throws(Status) {
    if let uid = options.preconditionUID, uid != metadata.uid {
      throw .conflict(
        registered.kind, name: metadata.name,
        "the UID in the precondition (\(uid)) does not match the UID in record (\(metadata.uid)). "
          + "The object might have been deleted and then recreated")
    }
    if let version = options.preconditionResourceVersion, version != metadata.resourceVersion {
      throw .conflict(
        registered.kind, name: metadata.name,
        "the ResourceVersion in the precondition (\(version)) does not match the ResourceVersion in record "
          + "(\(metadata.resourceVersion)). The object might have been modified")
    }
  }

  /// Deleting what is being deleted may only shorten the grace period. Nil when it is to go now.
  private func pendingOutcome(_ current: JSON, _ metadata: ObjectMeta) -> UpdatePlan.Outcome? {
    guard let pending = metadata.deletionGracePeriodSeconds, pending > 0 else {
      return metadata.finalizers.isEmpty && !strategy.isHeldBySpec(current) ? nil : .unchanged
    }
    guard let requested = options.gracePeriodSeconds else { return .unchanged }
    let period = strategy.gracePeriodSeconds(current, requested: requested) ?? 0
    guard period < pending else { return .unchanged }
    var object = current
    let start = metadata.deletionTimestamp?.adding(seconds: -pending) ?? now
    object["metadata"]?["deletionTimestamp"] = start.adding(seconds: period).json
    object["metadata"]?["deletionGracePeriodSeconds"] = .int(period)
    return period == 0 && metadata.finalizers.isEmpty ? .delete(object) : .put(object)
  }

  /// `metadata.finalizers` after the propagation policy has had its say.
  private func finalizers(_ metadata: ObjectMeta) -> [String] {
    let present = metadata.finalizers
    guard metadata.deletionTimestamp == nil else { return present }
    let policy = options.propagation ?? implied(present)
    let others = present.filter { $0 != Self.orphanFinalizer && $0 != Self.foregroundFinalizer }
    switch policy {
    case .orphan: return others + [Self.orphanFinalizer]
    case .foreground: return others + [Self.foregroundFinalizer]
    case .background: return others
    }
  }

  /// What finalizers set beforehand ask for, when the request does not say.
  private func implied(_ finalizers: [String]) -> DeleteOptions.Propagation {
    if finalizers.contains(Self.orphanFinalizer) { return .orphan }
    return finalizers.contains(Self.foregroundFinalizer) ? .foreground : .background
  }

  private func mark(_ object: inout JSON, graceSeconds: Int, isFirst: Bool) {
    guard isFirst else { return }
    object["metadata"]?["deletionTimestamp"] = now.adding(seconds: graceSeconds).json
    object["metadata"]?["deletionGracePeriodSeconds"] = strategy.marksGracePeriod ? .int(graceSeconds) : nil
    if let generation = object[path: "metadata", "generation"]?.intValue, generation > 0 {
      object["metadata"]?["generation"] = .int(generation + 1)
    }
    strategy.markForDeletion(&object)
  }

  private static func list(_ finalizers: [String]) -> JSON? {
    finalizers.isEmpty ? nil : .array(finalizers.map(JSON.string))
  }
}
