/// A rule that allows something, in the shape of an RBAC policy rule; `*` matches everything.
package struct AuthorizationRule: Sendable {
  package var verbs: Set<String>
  package var groups: Set<String> = []
  /// `pods`, `pods/status`, `*`, `*/scale`.
  package var resources: Set<String> = []
  /// Paths that name no resource; a trailing `*` matches any rest.
  package var paths: [String] = []

  package init(
    verbs: Set<String>, groups: Set<String> = [], resources: Set<String> = [], paths: [String] = []
  ) {
    self.verbs = verbs
    self.groups = groups
    self.resources = resources
    self.paths = paths
  }

  package static func resources(_ groups: [String], _ resources: [String], _ verbs: [String]) -> AuthorizationRule {
    AuthorizationRule(verbs: Set(verbs), groups: Set(groups), resources: Set(resources))
  }

  package static func paths(_ paths: [String]) -> AuthorizationRule {
    AuthorizationRule(verbs: ["get", "head"], paths: paths)
  }

  package func allows(_ attributes: AuthorizationAttributes) -> Bool {
    guard verbs.contains(attributes.verb) || verbs.contains("*") else { return false }
    guard attributes.isResourceRequest else { return paths.contains { Self.matches($0, attributes.path) } }
    guard groups.contains(attributes.group) || groups.contains("*") else { return false }
    let resource = attributes.resource
    guard !attributes.subresource.isEmpty else { return resources.contains(resource) || resources.contains("*") }
    return resources.contains("\(resource)/\(attributes.subresource)") || resources.contains("*")
      || resources.contains("*/\(attributes.subresource)")
  }

  private static func matches(_ pattern: String, _ path: String) -> Bool {
    pattern.hasSuffix("*") ? path.hasPrefix(pattern.dropLast()) : path == pattern
  }
}
