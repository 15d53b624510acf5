/// A rule that allows something, in the shape of an RBAC policy rule; `*` matches everything.
struct AuthorizationRule: Sendable {
  var verbs: Set<String>
  var groups: Set<String> = []
  /// `pods`, `pods/status`, `*`, `*/scale`.
  var resources: Set<String> = []
  /// Paths that name no resource; a trailing `*` matches any rest.
  var paths: [String] = []

  static func resources(_ groups: [String], _ resources: [String], _ verbs: [String]) -> AuthorizationRule {
    AuthorizationRule(verbs: Set(verbs), groups: Set(groups), resources: Set(resources))
  }

  static func paths(_ paths: [String]) -> AuthorizationRule {
    AuthorizationRule(verbs: ["get", "head"], paths: paths)
  }

  func allows(_ attributes: AuthorizationAttributes) -> Bool {
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
