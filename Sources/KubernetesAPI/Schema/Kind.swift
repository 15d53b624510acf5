/// What a kind is served as: the facts behind discovery, URLs and `kubectl api-resources`.
package struct Kind: Sendable, Hashable {
  /// Empty for the core group.
  package var group: String
  package var version: String
  package var kind: String
  package var plural: String
  package var singular: String
  package var shortNames: [String]
  package var categories: [String]
  package var isNamespaced: Bool
  /// Names of the subresources served below an object (`status`, `scale`, `binding`, `log`).
  package var subresources: [String]
  /// A question that is answered at once (a review): it can be created and nothing else, and nothing is stored.
  package var isCreateOnly: Bool

  package init(
    group: String = "", version: String, kind: String, plural: String, shortNames: [String] = [],
    categories: [String] = [], isNamespaced: Bool = true, subresources: [String] = [], isCreateOnly: Bool = false
  ) {
    self.group = group
    self.version = version
    self.kind = kind
    self.plural = plural
    self.singular = kind.lowercased()
    self.shortNames = shortNames
    self.categories = categories
    self.isNamespaced = isNamespaced
    self.subresources = subresources
    self.isCreateOnly = isCreateOnly
  }

  /// `v1`, `apps/v1`.
  package var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

  /// `pods`, `deployments.apps`: how messages and resource names spell it.
  package var qualifiedResource: String { group.isEmpty ? plural : "\(plural).\(group)" }

  /// `/api/v1`, `/apis/apps/v1`.
  package var rootPath: String { group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)" }
}

/// A type that is served at the top of an API.
package protocol KindFields: FieldTable {
  var metadata: Field<ObjectMeta> { get }
}

/// An API object with metadata, such as a Pod. Generic code (informers, controllers, the client) is written against it.
package protocol APIObject: JSONRepresentable, Hashable {
  static var kind: Kind { get }
  var metadata: ObjectMeta { get set }
  /// A view over a tree that is known to hold an object of this kind.
  init(unchecked json: JSON)
}

extension View: APIObject where Fields: KindFields {
  package static var kind: Kind { Fields.schema.kind! }

  package var metadata: ObjectMeta {
    get { ObjectMeta(unchecked: json["metadata"] ?? .emptyObject) }
    set { json["metadata"] = newValue.json }
  }
}

extension APIObject {
  package var name: String { metadata.name }
  package var namespace: String { metadata.namespace }
  package var uid: String { metadata.uid }
  package var labels: [String: String] { metadata.labels }
  package var resourceVersion: String { metadata.resourceVersion }
  /// `namespace/name`, or `name` where the kind has no namespace: the key of caches and work queues.
  package var key: ObjectKey { ObjectKey(namespace: namespace, name: name) }

  /// A new object of this kind with `apiVersion` and `kind` set.
  package static func make(_ build: (inout Self) throws -> Void) rethrows -> Self {
    var object = Self(unchecked: ["apiVersion": .string(kind.apiVersion), "kind": .string(kind.kind)])
    try build(&object)
    return object
  }
}

/// The name of an object within its kind.
package struct ObjectKey: Sendable, Hashable, CustomStringConvertible {
  package var namespace: String
  package var name: String

  package init(namespace: String = "", name: String) {
    self.namespace = namespace
    self.name = name
  }

  package var description: String { namespace.isEmpty ? name : "\(namespace)/\(name)" }
}
