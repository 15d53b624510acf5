import KubernetesAPI

/// The pure part of a create: a decoded object becomes one that may be stored.
struct CreatePlan: Sendable {
  let registered: RegisteredKind
  let environment: RegistryEnvironment

  private static let maximumNameLength = 63
  private static let nameSuffixLength = 5

  /// What only the server sets. `allocate` comes after it, then `check`.
  func prepare(_ object: inout JSON) {
    if registered.hasStatus, !registered.strategy.keepsStatusOnCreate { object["status"] = .emptyObject }
    registered.strategy.prepareForCreate(&object)
    var metadata = ObjectMeta(unchecked: object["metadata"] ?? .emptyObject)
    for field in ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "managedFields", "resourceVersion"] {
      metadata.json[field] = nil
    }
    metadata.uid = environment.uid()
    metadata.creationTimestamp = environment.now()
    metadata.json["generation"] = registered.strategy.countsGenerations ? 1 : nil
    object["metadata"] = metadata.json
  }

  /// A name made from `metadata.generateName`, when there is none.
  func name(_ object: inout JSON) {
    let metadata = ObjectMeta(unchecked: object["metadata"] ?? .emptyObject)
    guard metadata.name.isEmpty, !metadata.generateName.isEmpty else { return }
    let base = metadata.generateName.prefix(Self.maximumNameLength - Self.nameSuffixLength)
    object["metadata"]?["name"] = .string(base + environment.nameSuffix())
  }

  func check(_ object: JSON) throws(Status) {
    let causes = validateCreate(object, registered.kind)
    guard causes.isEmpty else { throw .invalid(registered.kind, name: object.objectName, causes) }
  }
}

extension JSON {
  var objectName: String { self[path: "metadata", "name"]?.stringValue ?? "" }
  var objectNamespace: String { self[path: "metadata", "namespace"]?.stringValue ?? "" }
  var objectKey: ObjectKey { ObjectKey(namespace: objectNamespace, name: objectName) }
}
