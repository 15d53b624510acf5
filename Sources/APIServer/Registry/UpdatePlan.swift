import KubernetesAPI

/// The pure part of an update or patch: from the object as it is and the object as somebody wants it, what to store.
struct UpdatePlan: Sendable {
  enum Outcome: Equatable {
    case unchanged
    case put(JSON)
    /// The last finalizer of an object that is being deleted went.
    case delete(JSON)
  }

  let registered: RegisteredKind
  let subresource: String?

  private var kind: Kind { registered.kind }
  private var strategy: any Strategy { registered.strategy }

  /// `old` and `new` carry `metadata.resourceVersion`; an empty one in `new` replaces whatever is there. `allocate`
  /// sets what comes from pools (a Service's addresses).
  func outcome(
    old: JSON, new: JSON, allocate: (_ object: inout JSON, _ old: JSON) throws -> Void = { _, _ in }
  ) throws -> Outcome {
    var object = new
    let version = try checkIdentity(old: old, new: new)
    carryMetadata(&object, old: old)
    split(&object, old: old)
    if subresource == nil { try allocate(&object, old) }
    try check(object, old: old)
    object["metadata"]?["resourceVersion"] = .string(version)
    if isFinished(object) { return .delete(object) }
    return object == old ? .unchanged : .put(object)
  }

  /// The version to replace. Throws 409 when it, or the object itself, is another one by now.
  private func checkIdentity(old: JSON, new: JSON) throws(Status) -> String {
    let wanted = ObjectMeta(unchecked: new["metadata"] ?? .emptyObject)
    let present = ObjectMeta(unchecked: old["metadata"] ?? .emptyObject)
    guard wanted.uid.isEmpty || wanted.uid == present.uid else {
      throw .conflict(
        kind, name: present.name,
        "Precondition failed: UID in precondition: \(wanted.uid), UID in object meta: \(present.uid)")
    }
    if wanted.resourceVersion.isEmpty || wanted.resourceVersion == "0" {
      guard !strategy.allowsUnconditionalUpdate, subresource == nil else { return present.resourceVersion }
      throw .invalid(
        kind, name: present.name,
        [
          .init(
            reason: "FieldValueInvalid", message: "Invalid value: 0x0: must be specified for an update",
            field: "metadata.resourceVersion")
        ])
    }
    guard wanted.resourceVersion == present.resourceVersion else { throw .conflict(kind, name: present.name) }
    return present.resourceVersion
  }

  /// What a client cannot change, whatever it sends.
  private func carryMetadata(_ object: inout JSON, old: JSON) {
    for field in ["name", "namespace", "generation"] { object["metadata"]?[field] = old[path: "metadata", field] }
    // What is left out is kept; another value is for validation to refuse.
    for field in ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"]
    where object[path: "metadata", field]?.isNull ?? true {
      object["metadata"]?[field] = old[path: "metadata", field]
    }
    for field in ["selfLink", "managedFields"] { object["metadata"]?[field] = nil }
  }

  /// A main update leaves the status, a status update the rest.
  private func split(_ object: inout JSON, old: JSON) {
    switch subresource {
    case "status":
      replaceOnly("status", of: &object, old: old)
      return strategy.prepareForStatusUpdate(&object, old: old)
    case "finalize": return replaceOnly("spec", of: &object, old: old)
    case "ephemeralcontainers": return PodSubresources.replaceEphemeralContainers(of: &object, old: old)
    case "resize": return PodSubresources.replaceResources(of: &object, old: old)
    default: break
    }
    if registered.hasStatus { object["status"] = old["status"] }
    strategy.prepareForUpdate(&object, old: old)
    guard strategy.countsGenerations, strategy.isNewGeneration(object, old: old) else { return }
    object["metadata"]?["generation"] = .int((old[path: "metadata", "generation"]?.intValue ?? 0) + 1)
  }

  /// Leaves metadata and one member of what the client sent; the rest is as it was.
  private func replaceOnly(_ member: String, of object: inout JSON, old: JSON) {
    let wanted = object
    object = old
    object["metadata"] = wanted["metadata"]
    object[member] = wanted[member] ?? .emptyObject
  }

  private func check(_ object: JSON, old: JSON) throws(Status) {
    var causes = Self.checkFinalizers(object, old: old)
    switch subresource {
    case "status": causes += validateStatusUpdate(object, old: old, kind)
    case "ephemeralcontainers": causes += validateEphemeralContainersUpdate(object, old: old)
    case "resize": causes += validateResize(object, old: old, qosClass: QOSClass.of(object))
    default: causes += validateUpdate(object, old: old, kind)
    }
    guard causes.isEmpty else { throw .invalid(kind, name: object.objectName, causes) }
  }

  private static func checkFinalizers(_ object: JSON, old: JSON) -> [Status.Cause] {
    guard old[path: "metadata", "deletionTimestamp"] != nil else { return [] }
    let before = Set(ObjectMeta(unchecked: old["metadata"] ?? .emptyObject).finalizers)
    let added = ObjectMeta(unchecked: object["metadata"] ?? .emptyObject).finalizers.filter { !before.contains($0) }
    guard !added.isEmpty else { return [] }
    let list = added.map { "\"\($0)\"" }.joined(separator: ", ")
    return [
      .forbidden(
        "metadata.finalizers",
        "no new finalizers can be added if the object is being deleted, found new finalizers []string{\(list)}")
    ]
  }

  private func isFinished(_ object: JSON) -> Bool {
    let metadata = ObjectMeta(unchecked: object["metadata"] ?? .emptyObject)
    return metadata.deletionTimestamp != nil && metadata.finalizers.isEmpty
      && metadata.deletionGracePeriodSeconds ?? 0 == 0 && !strategy.isHeldBySpec(object)
  }
}
