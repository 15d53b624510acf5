import KubernetesAPI

/// Which combinations of a list's or watch's options make sense (upstream's `ValidateListOptions`).
extension RegistryListOptions {
  func checkForList() throws(Status) {
    var causes: [Status.Cause] = []
    if sendInitialEvents != nil {
      causes.append(.forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"))
    }
    guard !resourceVersionMatch.isEmpty else { return try Self.refuse(causes) }
    if list.resourceVersion.isEmpty {
      causes.append(
        .forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided"))
    }
    if !list.continueToken.isEmpty {
      causes.append(
        .forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided"))
    }
    switch resourceVersionMatch {
    case "NotOlderThan": break
    case "Exact":
      if list.resourceVersion == "0" {
        causes.append(
          .forbidden(
            "resourceVersionMatch", "resourceVersionMatch \"Exact\" is forbidden for resourceVersion \"0\""))
      }
    default: causes.append(.unsupportedMatch(resourceVersionMatch, ["Exact", "NotOlderThan", ""]))
    }
    try Self.refuse(causes)
  }

  func checkForWatch() throws(Status) {
    var causes: [Status.Cause] = []
    if resourceVersionMatch.isEmpty {
      guard sendInitialEvents != nil else { return }
      causes.append(
        .forbidden(
          "resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"))
    } else {
      if sendInitialEvents == nil {
        causes.append(
          .forbidden(
            "resourceVersionMatch", "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"))
      }
      if resourceVersionMatch != "NotOlderThan" {
        causes.append(.unsupportedMatch(resourceVersionMatch, ["NotOlderThan"]))
      }
      if !list.continueToken.isEmpty {
        causes.append(
          .forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided"))
      }
    }
    try Self.refuse(causes)
  }

  private static func refuse(_ causes: [Status.Cause]) throws(Status) {
    guard !causes.isEmpty else { return }
    let options = Kind(group: "meta.k8s.io", version: "v1", kind: "ListOptions", plural: "listoptions")
    throw .invalid(options, name: "", causes)
  }
}

extension Status.Cause {
  static func forbidden(_ field: String, _ text: String) -> Self {
    Self(reason: "FieldValueForbidden", message: "Forbidden: \(text)", field: field)
  }

  fileprivate static func unsupportedMatch(_ value: String, _ supported: [String]) -> Self {
    let list = supported.map { "\"\($0)\"" }.joined(separator: ", ")
    return Self(
      reason: "FieldValueNotSupported", message: "Unsupported value: \"\(value)\": supported values: \(list)",
      field: "resourceVersionMatch")
  }
}
