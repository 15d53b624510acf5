import KubernetesAPI

/// What a user may do in a namespace, as far as an authorizer can list it (`SelfSubjectRulesReview`).
package struct AuthorizedRules: Sendable {
  package var rules: [AuthorizationRule] = []
  /// There may be more than the rules say.
  package var isIncomplete = false

  package init(rules: [AuthorizationRule] = [], isIncomplete: Bool = false) {
    self.rules = rules
    self.isIncomplete = isIncomplete
  }

  package static func + (left: Self, right: Self) -> Self {
    Self(rules: left.rules + right.rules, isIncomplete: left.isIncomplete || right.isIncomplete)
  }

  /// The status of the review.
  package var json: JSON {
    let resources = rules.filter { $0.paths.isEmpty }.map(\.json)
    let paths = rules.filter { !$0.paths.isEmpty }.map(\.json)
    return ["resourceRules": .array(resources), "nonResourceRules": .array(paths), "incomplete": .bool(isIncomplete)]
  }
}

extension AuthorizationRule {
  fileprivate var json: JSON {
    func list(_ words: some Sequence<String>) -> JSON { .array(words.sorted().map { .string($0) }) }
    guard paths.isEmpty else { return ["verbs": list(verbs), "nonResourceURLs": list(paths)] }
    return ["verbs": list(verbs), "apiGroups": list(groups), "resources": list(resources)]
  }
}
