import KubernetesAPI

/// The scale subresource (`autoscaling/v1`): the number of replicas of an object, whatever its kind.
enum ScaleConversion {
  static func of(_ object: JSON) -> JSON {
    var metadata: JSON = .emptyObject
    for field in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
      metadata[field] = object[path: "metadata", field]
    }
    var spec: JSON = .emptyObject
    let replicas = object[path: "spec", "replicas"]?.intValue ?? 1
    if replicas != 0 { spec["replicas"] = .int(replicas) }
    var status: JSON = ["replicas": .int(object[path: "status", "replicas"]?.intValue ?? 0)]
    let selector = Selector(labelSelector(object)).description
    if !selector.isEmpty { status["selector"] = .string(selector) }
    return ["kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata, "spec": spec, "status": status]
  }

  /// A ReplicationController's selector is a plain map of labels.
  private static func labelSelector(_ object: JSON) -> LabelSelector? {
    guard let selector = object[path: "spec", "selector"] else { return nil }
    return object["kind"] == "ReplicationController"
      ? LabelSelector(unchecked: ["matchLabels": selector]) : LabelSelector(json: selector)
  }

  /// The object with the replicas that a Scale asks for. Throws 422 and 409.
  static func apply(_ scale: JSON, to object: JSON, _ objectKind: Kind) throws(Status) -> JSON {
    let replicas = scale[path: "spec", "replicas"]?.intValue ?? 0
    guard replicas >= 0 else {
      let cause = Status.Cause(
        reason: "FieldValueInvalid", message: "Invalid value: \(replicas): must be greater than or equal to 0",
        field: "spec.replicas")
      throw .invalid(Scale.kind, name: object.objectName, [cause])
    }
    let version = scale[path: "metadata", "resourceVersion"]?.stringValue ?? ""
    guard version.isEmpty || version == object[path: "metadata", "resourceVersion"]?.stringValue else {
      throw .conflict(objectKind, name: object.objectName)
    }
    var changed = object
    changed["spec"]?["replicas"] = .int(replicas)
    return changed
  }
}
