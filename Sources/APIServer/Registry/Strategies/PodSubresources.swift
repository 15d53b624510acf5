import KubernetesAPI

/// The parts of a running pod that have a subresource of their own to change them: everything else stays as it was.
enum PodSubresources {
  /// `pods/ephemeralcontainers`.
  static func replaceEphemeralContainers(of object: inout JSON, old: JSON) {
    let wanted = object
    object = keeping(old, versionOf: wanted)
    object["spec"]?["ephemeralContainers"] = wanted[path: "spec", "ephemeralContainers"]
  }

  /// `pods/resize`: the spec is taken whole, so that validation can say what may not change; a change of amounts is
  /// noted as proposed to the node.
  static func replaceResources(of object: inout JSON, old: JSON) {
    let wanted = object
    object = keeping(old, versionOf: wanted)
    object["spec"] = wanted["spec"] ?? .emptyObject
    guard resources(object) != resources(old) else { return }
    object["status"]?["resize"] = "Proposed"
  }

  private static func keeping(_ old: JSON, versionOf wanted: JSON) -> JSON {
    var object = old
    object["metadata"]?["resourceVersion"] = wanted[path: "metadata", "resourceVersion"]
    return object
  }

  private static func resources(_ pod: JSON) -> [JSON?] {
    ["containers", "initContainers"].flatMap { list in
      (pod[path: "spec", list]?.arrayValue ?? []).map { $0["resources"] }
    }
  }
}
