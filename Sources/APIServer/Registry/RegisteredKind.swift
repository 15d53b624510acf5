import KubernetesAPI

/// A kind as the registry serves it.
package struct RegisteredKind: Sendable {
  package let kind: Kind
  package let schema: Schema
  let strategy: any Strategy

  init<Fields: KindFields>(_: Fields.Type, _ strategy: any Strategy) {
    kind = Fields.kindFacts
    schema = Fields.schema
    self.strategy = strategy
  }

  var hasStatus: Bool { kind.subresources.contains("status") }

  /// All fields that field selectors may name, in the order of `StoredObject.fieldValues`.
  var selectableFields: [SelectableField] {
    let common = [SelectableField("metadata.name")] + (kind.isNamespaced ? [SelectableField("metadata.namespace")] : [])
    return common + strategy.selectableFields
  }
}
