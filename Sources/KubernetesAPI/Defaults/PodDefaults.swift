enum PodDefaults {
  /// Defaults of a pod itself, not of a template.
  static func pod(_ pod: inout JSONObject) {
    pod.changeObject("spec") { spec in
      spec.setIfAbsent("enableServiceLinks", true)
      let usesHostPorts = spec["hostNetwork"] == true
      for list in ["containers", "initContainers"] {
        spec.changeElements(of: list) { container in
          container.changeObject("resources", requestWhatIsLimited)
          if usesHostPorts { container.changeElements(of: "ports", takeHostPort) }
        }
      }
    }
  }

  private static func requestWhatIsLimited(_ resources: inout JSONObject) {
    guard let limits = resources["limits"]?.objectValue, !limits.isEmpty else { return }
    var requests = resources["requests"]?.objectValue ?? JSONObject()
    for limit in limits.members where requests[limit.key] == nil { requests.append(limit.key, limit.value) }
    resources["requests"] = .object(requests)
  }

  private static func takeHostPort(_ port: inout JSONObject) {
    guard let number = port["containerPort"] else { return }
    port.setIfZero("hostPort", number)
  }

  /// The account is written under its present and its former name.
  static func podSpec(_ spec: inout JSONObject) {
    guard
      let account = [spec["serviceAccountName"], spec["serviceAccount"]].lazy.compactMap(\.self)
        .first(where: { !$0.isZero })
    else { return }
    spec["serviceAccountName"] = account
    spec["serviceAccount"] = account
  }

  /// `podIP` is the first of `podIPs`.
  static func podStatus(_ status: inout JSONObject) {
    if let address = status["podIP"], !address.isZero { status.setIfZero("podIPs", [["ip": address]]) }
    guard let first = status["podIPs"]?.arrayValue?.first?["ip"] else { return }
    status.setIfZero("podIP", first)
  }

  static func container(_ container: inout JSONObject) {
    let image = container["image"]?.stringValue ?? ""
    container.setIfZero("imagePullPolicy", .string(pullPolicy(forImage: image).rawValue))
  }

  /// A tag that moves is pulled every time.
  static func pullPolicy(forImage image: String) -> PullPolicy {
    let parts = image.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let name = parts[0].split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    guard let colon = name.firstIndex(of: ":") else {
      return parts.count > 1 || name.isEmpty ? .ifNotPresent : .always
    }
    return name[name.index(after: colon)...] == "latest" ? .always : .ifNotPresent
  }

  /// A volume without a source is an empty directory.
  static func volume(_ volume: inout JSONObject) {
    let sources = volume.members.filter { $0.key != "name" && !$0.value.isNull }
    if sources.isEmpty { volume["emptyDir"] = .emptyObject }
    volume.changeObject("image") { image in
      guard let reference = image["reference"]?.stringValue else { return }
      image.setIfZero("pullPolicy", .string(pullPolicy(forImage: reference).rawValue))
    }
  }

  static func resourceFieldSelector(_ selector: inout JSONObject) { selector.setIfZero("divisor", "0") }
}
