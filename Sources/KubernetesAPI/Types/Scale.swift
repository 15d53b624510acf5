package struct ScaleFields: KindFields {
  package let apiVersion = Field<String>("apiVersion", description: "Group and version of the object.")
  package let kind = Field<String>("kind", description: "Kind of the object.")
  package let metadata = Field<ObjectMeta>("metadata", description: "Name, namespace, labels and the like.")
  package let spec = Field<ScaleSpec>("spec", description: "What is wanted.")
  package let status = Field<ScaleStatus>("status", description: "What is there.")

  package static let table = Table(
    Kind(group: "autoscaling", version: "v1", kind: "Scale", plural: "scales"),
    description: "How many replicas an object has; read and written below the object.",
    ScaleFields())
}
package typealias Scale = View<ScaleFields>

package struct ScaleSpecFields: FieldTable {
  package let replicas = Field<Int>("replicas", description: "How many replicas are wanted.")

  package static let table = Table("ScaleSpec", description: "How many replicas are wanted.", ScaleSpecFields())
}
package typealias ScaleSpec = View<ScaleSpecFields>

package struct ScaleStatusFields: FieldTable {
  package let replicas = Field<Int>("replicas", .required, .keepZero, description: "How many replicas there are.")
  package let selector = Field<String>("selector", description: "Labels of the pods, in text form.")

  package static let table = Table("ScaleStatus", description: "How many replicas there are.", ScaleStatusFields())
}
package typealias ScaleStatus = View<ScaleStatusFields>
