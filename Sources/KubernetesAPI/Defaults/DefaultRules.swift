/// Defaults that depend on other fields, by the name of the type they belong to. They run after the declared defaults of
/// the object and before those of its parts.
enum DefaultRules {
  typealias Rule = @Sendable (inout JSONObject) -> Void

  static let byType: [String: Rule] = [
    "Pod": PodDefaults.pod,
    "PodSpec": PodDefaults.podSpec,
    "PodStatus": PodDefaults.podStatus,
    "Container": PodDefaults.container,
    "EphemeralContainer": PodDefaults.container,
    "Volume": PodDefaults.volume,
    "ResourceFieldSelector": PodDefaults.resourceFieldSelector,
    "ServiceSpec": ServiceDefaults.serviceSpec,
    "Service": ServiceDefaults.service,
    "ServicePort": ServiceDefaults.servicePort,
    "Secret": ConfigurationDefaults.secret,
    "Namespace": ConfigurationDefaults.namespace,
    "NodeSpec": NodeDefaults.nodeSpec,
    "NodeStatus": NodeDefaults.nodeStatus,
    "DeploymentStrategy": deploymentStrategy,
    "ReplicationController": replicationController,
  ]

  /// Its template's labels stand in for a selector and for labels of its own.
  private static func replicationController(_ object: inout JSONObject) {
    let labels = object["spec"]?[path: "template", "metadata", "labels"]
    guard let labels, labels.objectValue?.isEmpty == false else { return }
    if object["spec"]?["selector"]?.objectValue?.isEmpty ?? true {
      object.changeObject("spec") { $0["selector"] = labels }
    }
    if object["metadata"]?["labels"]?.objectValue?.isEmpty ?? true {
      object.changeObject("metadata") { $0["labels"] = labels }
    }
  }

  private static let rollingShare: JSON = "25%"

  private static func deploymentStrategy(_ strategy: inout JSONObject) {
    guard strategy["type"] == "RollingUpdate" else { return }
    var rolling = strategy["rollingUpdate"] ?? .emptyObject
    if rolling.isNull { rolling = .emptyObject }
    guard case .object = rolling else { return }
    for field in ["maxUnavailable", "maxSurge"] where rolling[field] ?? .null == .null { rolling[field] = rollingShare }
    strategy["rollingUpdate"] = rolling
  }
}

extension JSONObject {
  /// Sets a member that is absent, null or Go's zero.
  mutating func setIfZero(_ key: String, _ value: JSON) {
    if self[key]?.isZero ?? true { self[key] = value }
  }

  /// Sets a member that is absent or null.
  mutating func setIfAbsent(_ key: String, _ value: JSON) {
    if self[key]?.isNull ?? true { self[key] = value }
  }

  /// Changes every object of the list under `key`.
  mutating func changeElements(of key: String, _ change: (inout JSONObject) -> Void) {
    guard case .array(var elements)? = self[key] else { return }
    self[key] = .null
    for position in elements.indices {
      guard case .object(var object) = elements[position] else { continue }
      elements[position] = .null
      change(&object)
      elements[position] = .object(object)
    }
    self[key] = .array(elements)
  }

  /// Changes the object under `key`, if there is one.
  mutating func changeObject(_ key: String, _ change: (inout JSONObject) -> Void) {
    guard case .object(var object)? = self[key] else { return }
    self[key] = .null
    change(&object)
    self[key] = .object(object)
  }
}
