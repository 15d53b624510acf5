import KubernetesAPI
import Storage

struct NamespaceStrategy: Strategy {
  private static let finalizer: JSON = "kubernetes"

  var marksGracePeriod: Bool { false }
  var selectableFields: [SelectableField] { [SelectableField("status.phase")] }

  func prepareForCreate(_ object: inout JSON) {
    object["status"] = ["phase": "Active"]
    if object["spec"] == nil { object["spec"] = .emptyObject }
    var finalizers = object[path: "spec", "finalizers"]?.arrayValue ?? []
    if !finalizers.contains(Self.finalizer) { finalizers.append(Self.finalizer) }
    object["spec"]?["finalizers"] = .array(finalizers)
    guard let name = object[path: "metadata", "name"] else { return }
    if object[path: "metadata", "labels"] == nil { object["metadata"]?["labels"] = .emptyObject }
    object["metadata"]?["labels"]?["kubernetes.io/metadata.name"] = name
  }

  /// `spec.finalizers` changes through the subresource `finalize` only.
  func prepareForUpdate(_ object: inout JSON, old: JSON) {
    object["spec"] = old["spec"]
    if object[path: "metadata", "labels"] == nil { object["metadata"]?["labels"] = .emptyObject }
    object["metadata"]?["labels"]?["kubernetes.io/metadata.name"] = old[path: "metadata", "name"]
  }

  func markForDeletion(_ object: inout JSON) { object["status"]?["phase"] = "Terminating" }

  func isHeldBySpec(_ object: JSON) -> Bool { object[path: "spec", "finalizers"]?.arrayValue?.isEmpty == false }
}

struct NodeStrategy: Strategy {
  var keepsStatusOnCreate: Bool { true }
  var selectableFields: [SelectableField] { [SelectableField("spec.unschedulable", absent: "false")] }
}

struct SecretStrategy: Strategy {
  var selectableFields: [SelectableField] { [SelectableField("type")] }
}

struct EventStrategy: Strategy {
  /// Events tell what happened; nobody decides by them.
  var durability: Durability { .volatile }
  /// There are more of them than of all else, and nobody here reads them.
  var keepsTrees: Bool { false }
  var allowsCreateOnUpdate: Bool { true }

  /// By the Event's own fields, which outlive a restart.
  func lastSeen(_ event: JSON) -> Timestamp? {
    let times: [JSON?] = [
      event[path: "metadata", "creationTimestamp"], event["lastTimestamp"], event["eventTime"],
      event[path: "series", "lastObservedTime"],
    ]
    return times.compactMap { $0.flatMap(Timestamp.init(json:)) }.max() ?? .zero
  }

  var selectableFields: [SelectableField] {
    [
      "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
      "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason",
      "reportingComponent", "type",
    ].map { SelectableField($0) } + [SelectableField("source", "source.component")]
  }
}

struct LeaseStrategy: Strategy {
  /// Holders renew every few seconds, so a lost renewal is one renewal late.
  var durability: Durability { .volatile }
  var allowsCreateOnUpdate: Bool { true }
  var allowsUnconditionalUpdate: Bool { false }
}

struct EndpointsStrategy: Strategy {
  var allowsCreateOnUpdate: Bool { true }
}

struct EndpointSliceStrategy: Strategy {
  var countsGenerations: Bool { true }

  func isNewGeneration(_ object: JSON, old: JSON) -> Bool {
    ["endpoints", "ports", "addressType"].contains { object[$0] != old[$0] }
      || ["labels", "annotations"].contains { object[path: "metadata", $0] != old[path: "metadata", $0] }
  }
}
