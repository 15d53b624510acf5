/// Every kind that is served, with its declaration. Adding a kind is a line here and its declaration.
package enum APIKinds {
  package static let all: [any KindFields.Type] = [
    BindingFields.self, ConfigMapFields.self, EndpointsFields.self, EventFields.self, NamespaceFields.self,
    NodeFields.self, PodFields.self, SecretFields.self, ServiceFields.self, ServiceAccountFields.self,
    ReplicationControllerFields.self, DeploymentFields.self, ReplicaSetFields.self, ScaleFields.self, LeaseFields.self, EndpointSliceFields.self,
    TokenRequestFields.self,
  ] + reviews

  /// Questions to the server: they are answered and not stored.
  package static let reviews: [any KindFields.Type] = [
    TokenReviewFields.self, SelfSubjectReviewFields.self, SubjectAccessReviewFields.self,
    LocalSubjectAccessReviewFields.self, SelfSubjectAccessReviewFields.self, SelfSubjectRulesReviewFields.self,
  ]

  /// Kinds that exist only as the body of a subresource: they have no URL of their own.
  package static let subresourceOnly: [any KindFields.Type] = [
    BindingFields.self, ScaleFields.self, TokenRequestFields.self,
  ]

  /// The kinds that are stored and listed.
  package static let stored: [any KindFields.Type] = all.filter { declared in
    !(subresourceOnly + reviews).contains { $0 == declared }
  }

  private struct Name: Hashable {
    var apiVersion: String
    var name: String
  }

  private static let byKind: [Name: any KindFields.Type] = index { $0.kind }
  private static let byPlural: [Name: any KindFields.Type] = index { $0.plural }

  private static func index(_ name: (Kind) -> String) -> [Name: any KindFields.Type] {
    var table: [Name: any KindFields.Type] = [:]
    for declared in all {
      let kind = declared.kindFacts
      table[Name(apiVersion: kind.apiVersion, name: name(kind))] = declared
    }
    return table
  }

  /// The declaration of a kind by what an object says of itself.
  package static func fields(apiVersion: String, kind: String) -> (any KindFields.Type)? {
    byKind[Name(apiVersion: apiVersion, name: kind)]
  }

  /// The declaration of a kind by what a URL says.
  package static func fields(group: String, version: String, plural: String) -> (any KindFields.Type)? {
    byPlural[Name(apiVersion: group.isEmpty ? version : "\(group)/\(version)", name: plural)]
  }

  /// The declaration behind `kind`.
  package static func fields(_ kind: Kind) -> (any KindFields.Type)? {
    fields(apiVersion: kind.apiVersion, kind: kind.kind)
  }
}

extension KindFields {
  /// What the kind is served as.
  package static var kindFacts: Kind { schema.kind! }
}
