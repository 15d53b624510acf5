import KubernetesAPI

/// Admission of new objects, in upstream's order of plug-ins: NamespaceLifecycle, ServiceAccount,
/// DefaultTolerationSeconds, Priority.
extension Registry {
  private static let serviceAccountAttempts = 10
  private static let serviceAccountPauseSeconds = 0.1

  func admitCreate(_ object: inout JSON, _ registered: RegisteredKind) async throws {
    let kind = registered.kind
    if kind.isNamespaced { try await admitNamespace(object, kind) }
    guard registered.strategy is PodStrategy else { return }
    try await admitServiceAccount(&object, kind)
    PodAdmission.addDefaultTolerations(&object)
    try PodAdmission.setPriority(&object, kind)
  }

  /// The namespace exists and is not going away.
  private func admitNamespace(_ object: JSON, _ kind: Kind) async throws {
    let name = object.objectNamespace
    guard let namespaces = cache(ofPlural: "namespaces") else { return }
    if namespaces[ObjectKey(name: name)] == nil { try await waitUntilFresh() }
    guard let namespace = namespaces[ObjectKey(name: name)] else {
      throw Status(
        code: 404, reason: .notFound, message: "namespaces \"\(name)\" not found",
        details: .init(name: name, kind: "namespaces"))
    }
    guard namespace.json[path: "metadata", "deletionTimestamp"] != nil else { return }
    let cause = Status.Cause(
      reason: "NamespaceTerminating", message: "namespace \(name) is being terminated", field: "metadata.namespace")
    throw Status.forbidden(
      kind, name: object.objectName,
      "unable to create new content in namespace \(name) because it is being terminated", causes: [cause])
  }

  private func admitServiceAccount(_ pod: inout JSON, _ kind: Kind) async throws {
    guard !ServiceAccountAdmission.isMirror(pod) else {
      if let why = ServiceAccountAdmission.mirrorRefusal(pod) {
        throw Status.forbidden(kind, name: pod.objectName, why)
      }
      return
    }
    PodAdmission.nameServiceAccount(&pod)
    guard configuration.admitsServiceAccounts, let account = try await requireServiceAccount(pod, kind) else { return }
    let environment = environment
    ServiceAccountAdmission(account: account, issuesTokens: configuration.tokens != nil) { environment.nameSuffix() }
      .admit(&pod)
  }

  /// The account, which must exist. A new namespace's `default` may still be on its way, so that one gets a moment.
  private func requireServiceAccount(_ pod: JSON, _ kind: Kind) async throws -> JSON? {
    guard let accounts = cache(ofPlural: "serviceaccounts") else { return nil }
    let name = pod[path: "spec", "serviceAccountName"]?.stringValue ?? PodAdmission.defaultServiceAccount
    let key = ObjectKey(namespace: pod.objectNamespace, name: name)
    let attempts = name == PodAdmission.defaultServiceAccount ? Self.serviceAccountAttempts : 1
    for attempt in 1...attempts {
      if let account = accounts[key] { return account.json }
      try await waitUntilFresh()
      if let account = accounts[key] { return account.json }
      if attempt < attempts { try await environment.sleep(Self.serviceAccountPauseSeconds) }
    }
    throw Status.forbidden(
      kind, name: pod.objectName, "error looking up service account \(key): serviceaccount \"\(name)\" not found")
  }
}
