/// Who a request acts for (`user.Info` of upstream's authenticators).
package struct UserInfo: Sendable, Hashable {
  package var name: String
  package var uid: String
  package var groups: [String]
  /// Further facts of the authenticator (`authentication.kubernetes.io/…`), by lower-case key.
  package var extra: [String: [String]]

  package init(name: String, uid: String = "", groups: [String] = [], extra: [String: [String]] = [:]) {
    self.name = name
    self.uid = uid
    self.groups = groups
    self.extra = extra
  }
}

extension UserInfo {
  package static let mastersGroup = "system:masters"
  package static let nodesGroup = "system:nodes"
  package static let authenticatedGroup = "system:authenticated"
  package static let unauthenticatedGroup = "system:unauthenticated"
  package static let nodeUserPrefix = "system:node:"

  package static let anonymous = UserInfo(name: "system:anonymous", groups: [unauthenticatedGroup])
  package static let administrator = UserInfo(name: "kubernetes-admin", groups: [mastersGroup, authenticatedGroup])
  package static let scheduler = component("system:kube-scheduler")
  package static let controllerManager = component("system:kube-controller-manager")
  package static let proxy = component("system:kube-proxy")
  /// The server acting for itself (bootstrap of namespaces, the endpoints of `kubernetes`).
  package static let server = UserInfo(name: "system:apiserver", groups: [mastersGroup, authenticatedGroup])

  package static func node(_ name: String) -> UserInfo {
    UserInfo(name: nodeUserPrefix + name, groups: [nodesGroup, authenticatedGroup])
  }

  private static func component(_ name: String) -> UserInfo {
    UserInfo(name: name, groups: [authenticatedGroup])
  }
}
