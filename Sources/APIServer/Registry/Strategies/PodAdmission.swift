import KubernetesAPI

/// What admission writes into new pods.
enum PodAdmission {
  static let defaultServiceAccount = "default"
  private static let tolerationSeconds = 300

  /// The ServiceAccount plug-in's part that needs no lookup.
  static func nameServiceAccount(_ pod: inout JSON) {
    let name = pod[path: "spec", "serviceAccountName"]?.stringValue ?? ""
    guard name.isEmpty else { return }
    pod["spec"]?["serviceAccountName"] = .string(defaultServiceAccount)
    pod["spec"]?["serviceAccount"] = .string(defaultServiceAccount)
  }

  /// DefaultTolerationSeconds: a pod stays five minutes on a node that is lost, unless it says otherwise.
  static func addDefaultTolerations(_ pod: inout JSON) {
    var tolerations = pod[path: "spec", "tolerations"]?.arrayValue ?? []
    for taint in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]
    where !tolerations.contains(where: { tolerates($0, taint) }) {
      tolerations.append(
        [
          "key": .string(taint), "operator": "Exists", "effect": "NoExecute",
          "tolerationSeconds": .int(tolerationSeconds),
        ])
    }
    pod["spec"]?["tolerations"] = .array(tolerations)
  }

  private static func tolerates(_ toleration: JSON, _ taint: String) -> Bool {
    let key = toleration["key"]?.stringValue ?? ""
    let effect = toleration["effect"]?.stringValue ?? ""
    return (key == taint || key.isEmpty) && (effect == "NoExecute" || effect.isEmpty)
  }

  private static let systemPriorities = [
    "system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000,
  ]

  /// Priority: PriorityClasses are not served yet, so the two built-in ones and the default are what there is.
  static func setPriority(_ pod: inout JSON, _ kind: Kind) throws(Status) {
    let className = pod[path: "spec", "priorityClassName"]?.stringValue ?? ""
    guard let priority = className.isEmpty ? 0 : systemPriorities[className] else {
      throw .forbidden(kind, name: pod.objectName, "no PriorityClass with name \(className) was found")
    }
    if let given = pod[path: "spec", "priority"]?.intValue, given != priority {
      throw .forbidden(
        kind, name: pod.objectName,
        "the integer value of priority (\(given)) must not be provided in pod spec; "
          + "priority admission controller computed \(priority) from the given PriorityClass name")
    }
    pod["spec"]?["priority"] = .int(priority)
    if pod[path: "spec", "preemptionPolicy"] == nil { pod["spec"]?["preemptionPolicy"] = "PreemptLowerPriority" }
  }
}
