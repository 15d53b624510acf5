package struct BindingFields: KindFields {
  package let apiVersion = Field<String>("apiVersion", description: "Group and version of the object.")
  package let kind = Field<String>("kind", description: "Kind of the object.")
  package let metadata = Field<ObjectMeta>("metadata", description: "Name, namespace, labels and the like.")
  package let target = Field<ObjectReference>("target", .required, description: "The node.")

  package static let table = Table(
    Kind(version: "v1", kind: "Binding", plural: "bindings"),
    description: "Ties a pod to a node; posted below the pod.",
    BindingFields())
}
package typealias Binding = View<BindingFields>
