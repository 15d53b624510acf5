import KubernetesAPI

/// nodeSelector and node affinity against a node's labels and name.
package enum NodeAffinityMatch {
  package static func isRequiredMet(_ pod: Pod, _ node: Node) -> Bool {
    let labels = node.labels
    guard pod.spec.nodeSelector.allSatisfy({ labels[$0.key] == $0.value }) else { return false }
    let required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
    guard let required else { return true }
    return required.nodeSelectorTerms.contains { isMet($0, labels, node.name) }
  }

  /// The sum of the weights of preferred terms that the node meets.
  package static func preferredWeight(_ pod: Pod, _ node: Node) -> Int {
    let preferred = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
    return preferred.filter { isMet($0.preference, node.labels, node.name) }.reduce(0) { $0 + $1.weight }
  }

  /// All of a term's expressions hold; a term without any matches nothing.
  private static func isMet(_ term: NodeSelectorTerm, _ labels: [String: String], _ name: String) -> Bool {
    guard !term.matchExpressions.isEmpty || !term.matchFields.isEmpty else { return false }
    return term.matchExpressions.allSatisfy { isMet($0, value: labels[$0.key]) }
      && term.matchFields.allSatisfy { isMet($0, value: $0.key == "metadata.name" ? name : nil) }
  }

  private static func isMet(_ requirement: NodeSelectorRequirement, value: String?) -> Bool {
    switch requirement.operator {
    case .in: return value.map(requirement.values.contains) ?? false
    case .notIn: return value.map { !requirement.values.contains($0) } ?? true
    case .exists: return value != nil
    case .doesNotExist: return value == nil
    case .gt, .lt:
      guard let value = value.flatMap({ Int($0) }), let bound = requirement.values.first.flatMap({ Int($0) }) else {
        return false
      }
      return requirement.operator == .gt ? value > bound : value < bound
    }
  }
}
