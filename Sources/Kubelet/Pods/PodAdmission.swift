import KubernetesAPI

/// Whether this node can run a pod as it is written; one that it cannot is refused before anything is made for it.
struct PodAdmission: Sendable {
  struct Refusal: Sendable, Hashable {
    var reason: String
    var message: String
  }

  /// What upstream says to whatever comes while the machine goes down.
  static let shutdown = Refusal(
    reason: "NodeShutdown", message: "Pod was rejected as the node is shutting down.")

  let sysctls: SysctlRules
  let hasAppArmor: Bool

  func refusal(_ pod: Pod) -> Refusal? {
    for sysctl in pod.spec.securityContext?.sysctls ?? [] {
      let why = sysctls.refusal(sysctl.name, hostNetwork: pod.spec.hostNetwork, hostIPC: pod.spec.hostIPC)
      if let why { return Refusal(reason: "SysctlForbidden", message: "forbidden sysctl: \(why)") }
    }
    return AppArmorRules.refusal(pod, isEnabled: hasAppArmor).map { Refusal(reason: "AppArmor", message: $0) }
  }
}

extension PodState {
  /// Ends a pod that nothing was made for.
  mutating func refuse(_ refusal: PodAdmission.Refusal, now: Timestamp) {
    end = .rejected(reason: refusal.reason, message: refusal.message)
    endedAt = now
  }
}
