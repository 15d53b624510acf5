import KubernetesAPI

/// What the security contexts of pod and container amount to; the container's wins field by field.
package struct SecurityRules {
  let pod: PodSecurityContext?
  let own: SecurityContext?
  private let name: String
  private let appArmor: SecuritySpec.AppArmor

  package init(_ pod: Pod, _ container: Container) {
    self.pod = pod.spec.securityContext
    own = container.securityContext
    appArmor = AppArmorRules.profile(pod, container)
    name = "\(pod.logName)\", container: \(container.name)"
  }

  package func user(image: ImageFacts) throws(PodConfigurationError) -> UserSpec {
    let uid = own?.runAsUser ?? pod?.runAsUser
    let group = own?.runAsGroup ?? pod?.runAsGroup
    try checkNonRoot(uid, image)
    if let uid { return UserSpec(name: "\(uid)", groupID: group) }
    return UserSpec(name: image.user, groupID: group)
  }

  private func checkNonRoot(_ uid: Int?, _ image: ImageFacts) throws(PodConfigurationError) {
    guard own?.runAsNonRoot ?? pod?.runAsNonRoot ?? false else { return }
    if let uid {
      guard uid != 0 else {
        throw PodConfigurationError("container's runAsUser breaks non-root policy (pod: \"\(name))")
      }
      return
    }
    let user = image.user.prefix { $0 != ":" }
    guard let id = user.isEmpty ? 0 : Int(user) else {
      throw PodConfigurationError(
        "container has runAsNonRoot and image has non-numeric user (\(user)), cannot verify user is non-root "
          + "(pod: \"\(name))"
      )
    }
    guard id != 0 else {
      throw PodConfigurationError("container has runAsNonRoot and image will run as root (pod: \"\(name))")
    }
  }

  package var supplementaryGroups: [Int] { (pod?.supplementalGroups ?? []) + (pod?.fsGroup.map { [$0] } ?? []) }

  package func security(seccompDirectory: String) -> SecuritySpec {
    var spec = SecuritySpec()
    spec.isPrivileged = own?.privileged ?? false
    spec.addedCapabilities = own?.capabilities?.add ?? []
    spec.droppedCapabilities = own?.capabilities?.drop ?? []
    spec.isRootReadOnly = own?.readOnlyRootFilesystem ?? false
    spec.noNewPrivileges = own?.allowPrivilegeEscalation == false
    spec.isProcUnmasked = own?.procMount == .unmasked
    spec.seccomp = seccomp(seccompDirectory, isPrivileged: spec.isPrivileged)
    spec.appArmor = appArmor
    return spec
  }

  /// Swiftlet's default is RuntimeDefault, where upstream's is none.
  private func seccomp(_ directory: String, isPrivileged: Bool) -> SecuritySpec.Seccomp {
    guard !isPrivileged, let profile = own?.seccompProfile ?? pod?.seccompProfile else {
      return isPrivileged ? .unconfined : .runtimeDefault
    }
    switch profile.json["type"]?.stringValue {
    case "Unconfined": return .unconfined
    case "Localhost": return .localhost(path: "\(directory)/\(profile.localhostProfile ?? "")")
    default: return .runtimeDefault
    }
  }
}
