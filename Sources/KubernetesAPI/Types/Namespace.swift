package struct NamespaceFields: KindFields {
  package let apiVersion = Field<String>("apiVersion", description: "Group and version of the object.")
  package let kind = Field<String>("kind", description: "Kind of the object.")
  package let metadata = Field<ObjectMeta>("metadata", description: "Name, namespace, labels and the like.")
  package let spec = Field<NamespaceSpec>("spec", description: "What is wanted of the namespace.")
  package let status = Field<NamespaceStatus>("status", description: "What is known about the namespace.")

  package static let table = Table(
    Kind(
      version: "v1", kind: "Namespace", plural: "namespaces", shortNames: ["ns"], isNamespaced: false,
      subresources: ["finalize", "status"]),
    description: "A room for names: objects of different namespaces may have the same name, and are deleted together.",
    NamespaceFields())
}
package typealias Namespace = View<NamespaceFields>

package struct NamespaceSpecFields: FieldTable {
  package let finalizers = ListField<String>("finalizers", description: "Who must empty the namespace before it goes.")

  package static let table = Table(
    "NamespaceSpec", description: "What is wanted of a namespace.",
    NamespaceSpecFields())
}
package typealias NamespaceSpec = View<NamespaceSpecFields>

package struct NamespaceStatusFields: FieldTable {
  package let phase = Field<NamespacePhase>("phase", description: "Active, or Terminating while it is being emptied.")
  package let conditions = ListField<NamespaceCondition>(
    "conditions", .merge(.map(["type"])), description: "Why a deletion does not come to its end.")

  package static let table = Table("NamespaceStatus", description: "The state of a namespace.", NamespaceStatusFields())
}
package typealias NamespaceStatus = View<NamespaceStatusFields>

package struct NamespaceConditionFields: FieldTable {
  package let type = Field<String>("type", .required, description: "Name of the aspect.")
  package let status = Field<ConditionStatus>("status", .required, description: "True, False or Unknown.")
  package let lastTransitionTime = OptionalField<Timestamp>(
    "lastTransitionTime", description: "When the status changed last.")
  package let reason = Field<String>("reason", description: "One CamelCase word that says why.")
  package let message = Field<String>("message", description: "The reason in a sentence for people.")

  package static let table = Table(
    "NamespaceCondition", description: "One aspect of a namespace's state.",
    NamespaceConditionFields())
}
package typealias NamespaceCondition = View<NamespaceConditionFields>
