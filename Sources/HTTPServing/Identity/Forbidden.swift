import KubernetesAPI

extension Status {
  /// 403 in upstream's words; `reason` is what the authorizers had to say.
  package static func forbidden(_ attributes: AuthorizationAttributes, reason: String = "") -> Status {
    var text = sentence(attributes)
    if !reason.isEmpty { text += ": \(reason)" }
    guard attributes.isResourceRequest else {
      return Status(code: 403, reason: .forbidden, message: "forbidden: \(text)", details: Details())
    }
    let (group, resource, name) = (attributes.group, attributes.resource, attributes.name)
    let qualified = group.isEmpty ? resource : "\(resource).\(group)"
    let subject = name.isEmpty ? qualified : "\(qualified) \(quoted(name))"
    return Status(
      code: 403, reason: .forbidden, message: "\(subject) is forbidden: \(text)",
      details: Details(name: name, group: group, kind: resource))
  }

  private static func sentence(_ attributes: AuthorizationAttributes) -> String {
    let start = "User \(quoted(attributes.user.name)) cannot \(attributes.verb)"
    guard attributes.isResourceRequest else { return "\(start) path \(quoted(attributes.path))" }
    let resource =
      attributes.subresource.isEmpty ? attributes.resource : "\(attributes.resource)/\(attributes.subresource)"
    let place =
      attributes.namespace.isEmpty ? "at the cluster scope" : "in the namespace \(quoted(attributes.namespace))"
    return "\(start) resource \(quoted(resource)) in API group \(quoted(attributes.group)) \(place)"
  }

  private static func quoted(_ text: String) -> String { JSON.string(text).text }
}
