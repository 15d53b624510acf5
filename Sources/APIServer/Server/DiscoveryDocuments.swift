import KubernetesAPI

/// The documents that say which groups, versions and resources there are. Pure functions of the kinds served.
struct DiscoveryDocuments: Sendable {
  let kinds: [Kind]

  /// Verbs of an ordinary resource, in upstream's (alphabetic) order.
  private static let verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]

  /// Named groups in the order of their first kind.
  var groups: [String] { unique(kinds.map(\.group).filter { !$0.isEmpty }) }

  func versions(_ group: String) -> [String] { unique(kinds.filter { $0.group == group }.map(\.version)) }

  /// `/api`
  var coreVersions: JSON {
    [
      "kind": "APIVersions", "versions": .array(versions("").map { .string($0) }),
      "serverAddressByClientCIDRs": [["clientCIDR": "0.0.0.0/0", "serverAddress": ""]],
    ]
  }

  /// `/apis`
  var groupList: JSON {
    ["kind": "APIGroupList", "apiVersion": "v1", "groups": .array(groups.map(groupMembers))]
  }

  /// `/apis/GROUP`
  func group(_ name: String) -> JSON? {
    guard groups.contains(name) else { return nil }
    var document: JSON = ["kind": "APIGroup", "apiVersion": "v1"]
    for member in groupMembers(name).objectValue?.members ?? [] { document[member.key] = member.value }
    return document
  }

  private func groupMembers(_ name: String) -> JSON {
    let versions = versions(name).map { version -> JSON in
      ["groupVersion": .string("\(name)/\(version)"), "version": .string(version)]
    }
    return ["name": .string(name), "versions": .array(versions), "preferredVersion": versions.first ?? .null]
  }

  /// `/api/v1`, `/apis/GROUP/VERSION`
  func resourceList(group: String, version: String) -> JSON? {
    let served = kinds.filter { $0.group == group && $0.version == version }
    guard let first = served.first else { return nil }
    return [
      "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": .string(first.apiVersion),
      "resources": .array(
        served.flatMap { kind in [resource(kind)] + kind.subresources.map { subresource(kind, $0) } }),
    ]
  }

  private static func verbs(_ kind: Kind) -> [JSON] {
    kind.isCreateOnly ? ["create"] : verbs.map { .string($0) }
  }

  private func resource(_ kind: Kind) -> JSON {
    var document: JSON = [
      "name": .string(kind.plural), "singularName": .string(kind.singular), "namespaced": .bool(kind.isNamespaced),
      "kind": .string(kind.kind), "verbs": .array(Self.verbs(kind)),
    ]
    if !kind.shortNames.isEmpty { document["shortNames"] = .array(kind.shortNames.map { .string($0) }) }
    if !kind.categories.isEmpty { document["categories"] = .array(kind.categories.map { .string($0) }) }
    return document
  }

  private func subresource(_ kind: Kind, _ name: String) -> JSON {
    let facts = Self.facts(kind, name)
    var document: JSON = [
      "name": .string("\(kind.plural)/\(name)"), "singularName": "", "namespaced": .bool(kind.isNamespaced),
      "kind": .string(facts.kind), "verbs": .array(facts.verbs.map { .string($0) }),
    ]
    if let group = facts.group { document["group"] = .string(group) }
    if let version = facts.version { document["version"] = .string(version) }
    return document
  }

  private struct SubresourceFacts {
    var kind: String
    var verbs: [String]
    /// Where the subresource's kind is of another group.
    var group: String?
    var version: String?
  }

  private static func facts(_ kind: Kind, _ name: String) -> SubresourceFacts {
    switch name {
    case "scale":
      SubresourceFacts(kind: "Scale", verbs: ["get", "patch", "update"], group: "autoscaling", version: "v1")
    case "binding": SubresourceFacts(kind: "Binding", verbs: ["create"])
    case "eviction": SubresourceFacts(kind: "Eviction", verbs: ["create"], group: "policy", version: "v1")
    case "token":
      SubresourceFacts(kind: "TokenRequest", verbs: ["create"], group: "authentication.k8s.io", version: "v1")
    case "log", "timeline", "why": SubresourceFacts(kind: kind.kind, verbs: ["get"])
    case "finalize": SubresourceFacts(kind: kind.kind, verbs: ["update"])
    default: SubresourceFacts(kind: kind.kind, verbs: ["get", "patch", "update"])
    }
  }

  /// `/api` and `/apis` in one (`as=APIGroupDiscoveryList`), `v2` or `v2beta1`.
  func aggregated(core: Bool, version: String) -> JSON {
    let names = core ? [""] : groups
    return [
      "kind": "APIGroupDiscoveryList", "apiVersion": .string("apidiscovery.k8s.io/\(version)"), "metadata": [:],
      "items": .array(names.map(aggregatedGroup)),
    ]
  }

  private func aggregatedGroup(_ group: String) -> JSON {
    let versions = versions(group).map { version -> JSON in
      let served = kinds.filter { $0.group == group && $0.version == version }
      return [
        "version": .string(version), "resources": .array(served.map(aggregatedResource)), "freshness": "Current",
      ]
    }
    return [
      "metadata": group.isEmpty ? ["creationTimestamp": .null] : ["name": .string(group), "creationTimestamp": .null],
      "versions": .array(versions),
    ]
  }

  private func aggregatedResource(_ kind: Kind) -> JSON {
    var document: JSON = [
      "resource": .string(kind.plural), "responseKind": Self.responseKind(kind.group, kind.version, kind.kind),
      "scope": kind.isNamespaced ? "Namespaced" : "Cluster", "singularResource": .string(kind.singular),
      "verbs": .array(Self.verbs(kind)),
    ]
    if !kind.shortNames.isEmpty { document["shortNames"] = .array(kind.shortNames.map { .string($0) }) }
    if !kind.categories.isEmpty { document["categories"] = .array(kind.categories.map { .string($0) }) }
    guard !kind.subresources.isEmpty else { return document }
    document["subresources"] = .array(
      kind.subresources.map { name in
        let facts = Self.facts(kind, name)
        return [
          "subresource": .string(name), "verbs": .array(facts.verbs.map { .string($0) }),
          "responseKind": Self.responseKind(facts.group ?? kind.group, facts.version ?? kind.version, facts.kind),
        ]
      })
    return document
  }

  private static func responseKind(_ group: String, _ version: String, _ kind: String) -> JSON {
    ["group": .string(group), "version": .string(version), "kind": .string(kind)]
  }

  private func unique(_ values: [String]) -> [String] {
    var seen: Set<String> = []
    return values.filter { seen.insert($0).inserted }
  }
}
