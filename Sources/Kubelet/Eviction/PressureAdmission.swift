import KubernetesAPI

/// Which pods a node under pressure does not take: upstream's rules and words.
enum PressureAdmission {
  /// Nil: the node takes the pod.
  static func rejection(_ pod: Pod, conditions: Set<String>) -> String? {
    guard !conditions.isEmpty, !pod.isCritical else { return nil }
    if conditions == ["MemoryPressure"] {
      if pod.qosClass != .bestEffort { return nil }
      if pod.spec.tolerations.contains(where: toleratesMemoryPressure) { return nil }
    }
    return "The node had condition: [\(conditions.sorted().joined(separator: " "))]. "
  }

  private static func toleratesMemoryPressure(_ toleration: Toleration) -> Bool {
    if let effect = toleration.effect, effect != .noSchedule { return false }
    if !toleration.key.isEmpty, toleration.key != "node.kubernetes.io/memory-pressure" { return false }
    return toleration.operator == .exists || !toleration.key.isEmpty && toleration.value.isEmpty
  }
}
