package struct SecretFields: KindFields {
  package let apiVersion = Field<String>("apiVersion", description: "Group and version of the object.")
  package let kind = Field<String>("kind", description: "Kind of the object.")
  package let metadata = Field<ObjectMeta>("metadata", description: "Name, namespace, labels and the like.")
  package let immutable = OptionalField<Bool>("immutable", description: "True keeps the data from being changed.")
  package let data = MapField<Base64Data>("data", description: "The values, in base64.")
  package let stringData = MapField<String>(
    "stringData", description: "Values as text; written into data and never returned.")
  package let type = Field<String>("type", .default("Opaque"), description: "What the keys mean.")

  package static let table = Table(
    Kind(version: "v1", kind: "Secret", plural: "secrets"),
    description: "Keys and values that few may see.",
    SecretFields())
}
package typealias Secret = View<SecretFields>
