package struct ConfigMapFields: KindFields {
  package let apiVersion = Field<String>("apiVersion", description: "Group and version of the object.")
  package let kind = Field<String>("kind", description: "Kind of the object.")
  package let metadata = Field<ObjectMeta>("metadata", description: "Name, namespace, labels and the like.")
  package let immutable = OptionalField<Bool>("immutable", description: "True keeps the data from being changed.")
  package let data = MapField<String>("data", description: "Values that are text.")
  package let binaryData = MapField<Base64Data>("binaryData", description: "Values that are bytes, in base64.")

  package static let table = Table(
    Kind(version: "v1", kind: "ConfigMap", plural: "configmaps", shortNames: ["cm"]),
    description: "Settings as keys and values.",
    ConfigMapFields())
}
package typealias ConfigMap = View<ConfigMapFields>
