import KubernetesAPI

/// AppArmor, which this node does not apply: a pod that asks for it is not run without it.
enum AppArmorRules {
  private static let annotation = "container.apparmor.security.beta.kubernetes.io/"

  /// - Parameter isEnabled: whether the kernel has AppArmor.
  static func refusal(_ pod: Pod, isEnabled: Bool) -> String? {
    guard pod.allContainers.contains(where: { isAskedFor(pod, $0) }) else { return nil }
    let reason = isEnabled ? "this node cannot apply AppArmor profiles yet" : "AppArmor is not enabled on the host"
    return "Cannot enforce AppArmor: \(reason)"
  }

  /// The container's field, then its annotation, then the pod's field.
  private static func isAskedFor(_ pod: Pod, _ container: Container) -> Bool {
    if let own = container.securityContext?.appArmorProfile { return isAskedFor(own) }
    if let text = pod.metadata.annotations[annotation + container.name] { return text != "unconfined" && !text.isEmpty }
    return pod.spec.securityContext?.appArmorProfile.map { isAskedFor($0) } ?? false
  }

  private static func isAskedFor(_ profile: AppArmorProfile) -> Bool {
    profile.json["type"]?.stringValue != "Unconfined"
  }

  /// Whether this machine's kernel has AppArmor. Reads a file.
  static func isEnabledHere() -> Bool { NodeFiles.text("/sys/module/apparmor/parameters/enabled")?.hasPrefix("Y") == true }
}
