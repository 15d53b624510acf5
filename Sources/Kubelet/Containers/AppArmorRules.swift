import KubernetesAPI

/// Which AppArmor profile a container is to have, and whether this node can give any.
enum AppArmorRules {
  private static let annotation = "container.apparmor.security.beta.kubernetes.io/"

  /// A pod that asks for a profile is not run without one.
  ///
  /// - Parameter isEnabled: whether the kernel has AppArmor.
  static func refusal(_ pod: Pod, isEnabled: Bool) -> String? {
    guard !isEnabled else { return nil }
    let isAskedFor = pod.allContainers.contains { container in
      let profile = profile(pod, container)
      return profile != .unspecified && profile != .unconfined
    }
    return isAskedFor ? "Cannot enforce AppArmor: AppArmor is not enabled on the host" : nil
  }

  /// The container's field, then its annotation, then the pod's field.
  static func profile(_ pod: Pod, _ container: Container) -> SecuritySpec.AppArmor {
    if let own = container.securityContext?.appArmorProfile { return profile(own) }
    if let text = pod.metadata.annotations[annotation + container.name] { return profile(annotation: text) }
    return pod.spec.securityContext?.appArmorProfile.map { profile($0) } ?? .unspecified
  }

  private static func profile(_ field: AppArmorProfile) -> SecuritySpec.AppArmor {
    switch field.json["type"]?.stringValue {
    case "Unconfined": .unconfined
    case "Localhost": .localhost(name: field.localhostProfile ?? "")
    default: .runtimeDefault
    }
  }

  private static func profile(annotation text: String) -> SecuritySpec.AppArmor {
    let prefix = "localhost/"
    if text.hasPrefix(prefix) { return .localhost(name: String(text.dropFirst(prefix.count))) }
    return text.isEmpty ? .unspecified : text == "unconfined" ? .unconfined : .runtimeDefault
  }

  /// Whether this machine's kernel has AppArmor. Reads a file.
  static func isEnabledHere() -> Bool { NodeFiles.text("/sys/module/apparmor/parameters/enabled")?.hasPrefix("Y") == true }
}
