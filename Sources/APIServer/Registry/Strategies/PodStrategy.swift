import KubernetesAPI

struct PodStrategy: Strategy {
  var returnsDeletedObject: Bool { true }

  var selectableFields: [SelectableField] {
    [
      "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "status.phase",
      "status.podIP", "status.nominatedNodeName",
    ].map { SelectableField($0) } + [SelectableField("spec.hostNetwork", absent: "false")]
  }

  func prepareForCreate(_ object: inout JSON) {
    object["status"] = ["phase": "Pending", "qosClass": .string(QOSClass.of(object))]
  }

  func prepareForStatusUpdate(_ object: inout JSON, old: JSON) {
    object["metadata"]?["ownerReferences"] = old[path: "metadata", "ownerReferences"]
    if object[path: "status", "qosClass"] == nil { object["status"]?["qosClass"] = old[path: "status", "qosClass"] }
  }

  /// A pod that runs nowhere goes at once; another one gets the time its spec or the request says.
  func gracePeriodSeconds(_ object: JSON, requested: Int?) -> Int? {
    let phase = object[path: "status", "phase"]?.stringValue
    if object[path: "spec", "nodeName"]?.stringValue ?? "" == "" || phase == "Failed" || phase == "Succeeded" {
      return 0
    }
    let seconds = requested ?? object[path: "spec", "terminationGracePeriodSeconds"]?.intValue ?? 0
    return seconds < 0 ? 1 : seconds
  }
}

/// `status.qosClass`: how a pod's containers ask for processor time and memory.
enum QOSClass {
  private static let resources = ["cpu", "memory"]

  static func of(_ pod: JSON) -> String {
    let containers = ["initContainers", "containers"].flatMap { pod[path: "spec", $0]?.arrayValue ?? [] }
    let requests = containers.map { amounts($0, "requests") }
    let limits = containers.map { amounts($0, "limits") }
    if requests.allSatisfy(\.isEmpty), limits.allSatisfy(\.isEmpty) { return "BestEffort" }
    let isGuaranteed = zip(requests, limits).allSatisfy { requests, limits in
      resources.allSatisfy { limits[$0] != nil && (requests[$0] == nil || requests[$0] == limits[$0]) }
    }
    return isGuaranteed ? "Guaranteed" : "Burstable"
  }

  /// Amounts that are not zero, in thousandths.
  private static func amounts(_ container: JSON, _ field: String) -> [String: Int] {
    var amounts: [String: Int] = [:]
    for resource in resources {
      let quantity = container[path: "resources", field]?[resource].flatMap(Quantity.init(json:))
      if let amount = quantity?.milliValue, amount > 0 { amounts[resource] = amount }
    }
    return amounts
  }
}
