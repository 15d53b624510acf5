package struct ObjectReferenceFields: FieldTable {
  package let apiVersion = Field<String>("apiVersion", description: "API version of the object.")
  package let kind = Field<String>("kind", description: "Kind of the object.")
  package let namespace = Field<String>("namespace", description: "Namespace of the object.")
  package let name = Field<String>("name", description: "Name of the object.")
  package let uid = Field<String>("uid", description: "UID of the object.")
  package let resourceVersion = Field<String>("resourceVersion", description: "Version of the object that is meant.")
  package let fieldPath = Field<String>(
    "fieldPath", description: "Part of the object that is meant, such as spec.containers{web}.")

  package static let table = Table(
    "ObjectReference", description: "Points at an object, or at a part of one.",
    ObjectReferenceFields())
}
package typealias ObjectReference = View<ObjectReferenceFields>

package struct LocalObjectReferenceFields: FieldTable {
  package let name = Field<String>("name", .default(""), description: "Name of the object.")

  package static let table = Table(
    "LocalObjectReference", description: "Refers to an object of the same namespace by its name.",
    LocalObjectReferenceFields())
}
package typealias LocalObjectReference = View<LocalObjectReferenceFields>

package struct TypedLocalObjectReferenceFields: FieldTable {
  package let apiGroup = OptionalField<String>("apiGroup", description: "Group of the kind; empty for the core group.")
  package let kind = Field<String>("kind", .required, description: "Kind of the object.")
  package let name = Field<String>("name", .required, description: "Name of the object.")

  package static let table = Table(
    "TypedLocalObjectReference", description: "Refers to an object of the same namespace by kind and name.",
    TypedLocalObjectReferenceFields())
}
package typealias TypedLocalObjectReference = View<TypedLocalObjectReferenceFields>

package struct TypedObjectReferenceFields: FieldTable {
  package let apiGroup = OptionalField<String>("apiGroup", description: "Group of the kind; empty for the core group.")
  package let kind = Field<String>("kind", .required, description: "Kind of the object.")
  package let name = Field<String>("name", .required, description: "Name of the object.")
  package let namespace = OptionalField<String>(
    "namespace", description: "Namespace of the object; absent for the same one.")

  package static let table = Table(
    "TypedObjectReference", description: "Refers to an object by kind and name, in another namespace if need be.",
    TypedObjectReferenceFields())
}
package typealias TypedObjectReference = View<TypedObjectReferenceFields>
