import KubernetesAPI

/// Which container of a pod a request for its log or a command means.
enum PodContainer {
  static let defaultAnnotation = "kubectl.kubernetes.io/default-container"

  /// The one that was asked for, or the only one, or the annotated one. Throws 400 when it cannot be told.
  static func choose(_ asked: String, of pod: JSON, name: String) throws(Status) -> String {
    let containers = names(pod, "containers")
    let initContainers = names(pod, "initContainers")
    let ephemeral = names(pod, "ephemeralContainers")
    if !asked.isEmpty {
      guard (containers + initContainers + ephemeral).contains(asked) else {
        throw .badRequest("container \(asked) is not valid for pod \(name)")
      }
      return asked
    }
    if containers.count == 1 { return containers[0] }
    let annotated = pod[path: "metadata", "annotations", defaultAnnotation]?.stringValue
    if let annotated, containers.contains(annotated) { return annotated }
    guard !containers.isEmpty else { throw .badRequest("a container name must be specified for pod \(name)") }
    var message = "a container name must be specified for pod \(name), choose one of: \(listed(containers))"
    if !initContainers.isEmpty { message += " or one of the init containers: \(listed(initContainers))" }
    if !ephemeral.isEmpty { message += " or one of the ephemeral containers: \(listed(ephemeral))" }
    throw .badRequest(message)
  }

  private static func names(_ pod: JSON, _ list: String) -> [String] {
    pod[path: "spec", list]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
  }

  private static func listed(_ names: [String]) -> String { "[" + names.joined(separator: " ") + "]" }
}
