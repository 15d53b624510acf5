import HTTPServing
import KubernetesAPI

/// What a request to the node's port asks leave for: a verb on a subresource of its Node object, as upstream has it.
struct NodeAccess: Sendable, Equatable {
  var verb: String
  /// In order; any of them is enough. The fine ones come before `proxy`, which allows everything.
  var subresources: [String]

  init(method: String, path: String) {
    verb = Self.verbs[method] ?? ""
    subresources = Self.fine(path).map { [$0] } ?? ["proxy"]
    if ["healthz", "pods", "configz"].contains(subresources[0]) { subresources.append("proxy") }
  }

  private static let verbs = [
    "POST": "create", "GET": "get", "HEAD": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete",
  ]

  private static func fine(_ path: String) -> String? {
    let first = path.split(separator: "/", maxSplits: 1).first.map(String.init) ?? ""
    return switch first {
    case "stats", "metrics", "healthz", "configz", "pods": first
    case "runningpods": "pods"
    case "logs": "log"
    default: nil
    }
  }

  func attributes(user: UserInfo, node: String, subresource: String) -> AuthorizationAttributes {
    var attributes = AuthorizationAttributes(user: user, verb: verb, isResourceRequest: true)
    attributes.version = "v1"
    attributes.resource = "nodes"
    attributes.subresource = subresource
    attributes.name = node
    return attributes
  }
}
