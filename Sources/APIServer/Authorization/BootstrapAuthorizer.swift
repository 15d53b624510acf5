import HTTPServing

/// What the cluster's own identities may do before any role exists: masters everything, each component what its work
/// needs, everybody the health checks and the version. RBAC joins it in an `AuthorizerChain`.
package struct BootstrapAuthorizer: Authorizer {
  package init() {}

  package func authorize(_ attributes: AuthorizationAttributes) -> AuthorizationDecision {
    let user = attributes.user
    if user.groups.contains(UserInfo.mastersGroup) { return .allow }
    if Self.publicRules.contains(where: { $0.allows(attributes) }) { return .allow }
    if user.groups.contains(UserInfo.authenticatedGroup),
      Self.authenticatedRules.contains(where: { $0.allows(attributes) })
    {
      return .allow
    }
    if user.groups.contains(UserInfo.serviceAccountsGroup),
      Self.serviceAccountRules.contains(where: { $0.allows(attributes) })
    {
      return .allow
    }
    if user.groups.contains(UserInfo.nodesGroup) { return Self.authorizeNode(attributes) }
    let rules = Self.componentRules[user.name] ?? []
    return rules.contains { $0.allows(attributes) } ? .allow : .noOpinion(reason: "")
  }

  package func rules(for user: UserInfo, namespace: String) -> AuthorizedRules {
    let groups = user.groups
    guard !groups.contains(UserInfo.mastersGroup) else {
      return AuthorizedRules(rules: [.resources(["*"], ["*"], ["*"]), AuthorizationRule(verbs: ["*"], paths: ["*"])])
    }
    let isNode = groups.contains(UserInfo.nodesGroup)
    var rules = Self.publicRules + (Self.componentRules[user.name] ?? [])
    if groups.contains(UserInfo.authenticatedGroup) { rules += Self.authenticatedRules }
    if groups.contains(UserInfo.serviceAccountsGroup) { rules += Self.serviceAccountRules }
    return AuthorizedRules(rules: rules + (isNode ? Self.nodeRules : []), isIncomplete: isNode)
  }

  /// A node may do what its rules say, and write only the Node and the Lease that bear its name.
  private static func authorizeNode(_ attributes: AuthorizationAttributes) -> AuthorizationDecision {
    guard attributes.user.name.hasPrefix(UserInfo.nodeUserPrefix) else {
      return .noOpinion(reason: "the user of a node must be called \(UserInfo.nodeUserPrefix)<name>")
    }
    guard nodeRules.contains(where: { $0.allows(attributes) }) else { return .noOpinion(reason: "") }
    let node = attributes.user.name.dropFirst(UserInfo.nodeUserPrefix.count)
    let isOwnOnly =
      attributes.resource == "nodes" || (attributes.resource == "leases" && attributes.group == "coordination.k8s.io")
    guard isOwnOnly, !readVerbs.contains(attributes.verb), attributes.verb != "create" else { return .allow }
    if attributes.resource == "leases", attributes.namespace != "kube-node-lease" {
      return .noOpinion(reason: "can only access leases in the \"kube-node-lease\" system namespace")
    }
    return attributes.name == node
      ? .allow : .noOpinion(reason: "node \"\(node)\" cannot change \(attributes.resource) \"\(attributes.name)\"")
  }

  private static let readVerbs = ["get", "list", "watch"]
  private static let events = AuthorizationRule.resources(
    ["", "events.k8s.io"], ["events"], ["create", "patch", "update"])

  private static let publicRules = [
    AuthorizationRule.paths([
      "/healthz", "/healthz/*", "/livez", "/livez/*", "/readyz", "/readyz/*", "/version", "/version/",
    ])
  ]

  private static let authenticatedRules = [
    AuthorizationRule.paths(["/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*"]),
    .resources(
      ["authorization.k8s.io", "authentication.k8s.io"],
      ["selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"], ["create"]),
  ]

  /// Pods may learn how to check each other's tokens.
  private static let serviceAccountRules = [AuthorizationRule.paths(IssuerEndpoint.paths + ["/openid/v1/jwks/"])]

  private static let componentRules: [String: [AuthorizationRule]] = [
    UserInfo.scheduler.name: [
      events,
      .resources(["coordination.k8s.io"], ["leases"], readVerbs + ["create", "update", "patch"]),
      .resources([""], ["pods"], readVerbs + ["delete"]),
      .resources([""], ["pods/binding", "bindings"], ["create"]),
      .resources([""], ["pods/status"], ["patch", "update"]),
      .resources(
        ["", "apps", "policy", "storage.k8s.io", "scheduling.k8s.io", "resource.k8s.io"],
        [
          "nodes", "namespaces", "services", "replicationcontrollers", "replicasets", "statefulsets",
          "poddisruptionbudgets", "persistentvolumes", "persistentvolumeclaims", "storageclasses", "csinodes",
          "csidrivers", "csistoragecapacities", "volumeattachments", "priorityclasses",
        ], readVerbs),
    ],
    // All controllers act under one name here, so the rules are the union of what upstream gives each of them.
    UserInfo.controllerManager.name: [
      .resources(["*"], ["*"], ["*"]), .paths(["/api*", "/apis*", "/openapi*"]),
    ],
    UserInfo.proxy.name: [
      events,
      .resources(["", "discovery.k8s.io"], ["services", "endpoints", "endpointslices", "nodes"], readVerbs),
    ],
  ]

  private static let nodeRules: [AuthorizationRule] = [
    events,
    .resources([""], ["nodes"], readVerbs + ["create", "update", "patch"]),
    .resources([""], ["nodes/status"], ["update", "patch"]),
    .resources([""], ["pods"], readVerbs + ["create", "delete"]),
    .resources([""], ["pods/status"], ["update", "patch"]),
    .resources([""], ["pods/eviction", "serviceaccounts/token"], ["create"]),
    .resources(
      [""],
      [
        "services", "endpoints", "configmaps", "secrets", "serviceaccounts", "persistentvolumeclaims",
        "persistentvolumes", "namespaces",
      ], readVerbs),
    .resources(["coordination.k8s.io"], ["leases"], ["get", "create", "update", "patch", "delete"]),
    .resources(["discovery.k8s.io"], ["endpointslices"], readVerbs),
    .resources(["node.k8s.io", "storage.k8s.io"], ["runtimeclasses", "csidrivers", "csinodes"], readVerbs),
    .resources(["certificates.k8s.io"], ["certificatesigningrequests"], readVerbs + ["create"]),
    .resources(
      ["authentication.k8s.io", "authorization.k8s.io"], ["tokenreviews", "subjectaccessreviews"], ["create"]),
  ]
}
