import KubernetesAPI

/// The pure part of a binding.
struct BindingPlan: Sendable {
  let binding: JSON
  let kind: Kind
  let now: Timestamp

  private var node: String { binding[path: "target", "name"]?.stringValue ?? "" }

  func check(_ key: ObjectKey) throws(Status) {
    let named = binding.objectName
    guard named.isEmpty || named == key.name else {
      throw .badRequest("the name of the object (\(named)) does not match the name on the URL (\(key.name))")
    }
    var causes: [Status.Cause] = []
    let target = binding[path: "target", "kind"]?.stringValue ?? ""
    if !target.isEmpty, target != "Node" {
      causes.append(
        .init(
          reason: "FieldValueNotSupported",
          message: "Unsupported value: \"\(target)\": supported values: \"Node\", \"<empty>\"", field: "target.kind"))
    }
    if node.isEmpty {
      causes.append(.init(reason: "FieldValueRequired", message: "Required value", field: "target.name"))
    }
    guard causes.isEmpty else {
      throw .invalid(Binding.kind, name: key.name, causes)
    }
  }

  /// The pod on its node. Throws 409 when that cannot be.
  func bound(_ pod: JSON) throws(Status) -> JSON {
    try checkPod(pod)
    var bound = pod
    bound["spec"]?["nodeName"] = .string(node)
    for annotation in binding[path: "metadata", "annotations"]?.objectValue?.members ?? [] {
      if bound[path: "metadata", "annotations"] == nil { bound["metadata"]?["annotations"] = .emptyObject }
      bound["metadata"]?["annotations"]?[annotation.key] = annotation.value
    }
    var status = bound["status"] ?? .emptyObject
    status["conditions"] = .array(conditions(status["conditions"]?.arrayValue ?? []))
    bound["status"] = status
    return bound
  }

  private func checkPod(_ pod: JSON) throws(Status) {
    let name = pod.objectName
    if let uid = binding[path: "metadata", "uid"]?.stringValue, uid != pod[path: "metadata", "uid"]?.stringValue {
      let present = pod[path: "metadata", "uid"]?.stringValue ?? ""
      throw .conflict(
        kind, name: name, "Precondition failed: UID in precondition: \(uid), UID in object meta: \(present)")
    }
    if pod[path: "metadata", "deletionTimestamp"] != nil {
      throw conflict(name, "pod \(name) is being deleted, cannot be assigned to a host")
    }
    if let assigned = pod[path: "spec", "nodeName"]?.stringValue, !assigned.isEmpty {
      throw conflict(name, "pod \(name) is already assigned to node \"\(assigned)\"")
    }
    if pod[path: "spec", "schedulingGates"]?.arrayValue?.isEmpty == false {
      throw conflict(name, "pod \(name) has non-empty .spec.schedulingGates")
    }
  }

  private func conflict(_ name: String, _ why: String) -> Status {
    var resource = kind
    resource.plural = "pods/binding"
    return .conflict(resource, name: name, why)
  }

  private func conditions(_ present: [JSON]) -> [JSON] {
    let scheduled: JSON = [
      "type": "PodScheduled", "status": "True", "lastProbeTime": .null, "lastTransitionTime": now.json,
    ]
    guard let position = present.firstIndex(where: { $0["type"] == "PodScheduled" }) else {
      return present + [scheduled]
    }
    var conditions = present
    conditions[position] = scheduled
    return conditions
  }
}
