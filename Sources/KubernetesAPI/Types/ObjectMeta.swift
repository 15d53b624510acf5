package struct OwnerReferenceFields: FieldTable {
  package let apiVersion = Field<String>("apiVersion", .required, description: "API version of the owner.")
  package let kind = Field<String>("kind", .required, description: "Kind of the owner.")
  package let name = Field<String>("name", .required, description: "Name of the owner.")
  package let uid = Field<String>("uid", .required, description: "UID of the owner.")
  package let controller = OptionalField<Bool>(
    "controller", description: "True for the one owner that manages the object.")
  package let blockOwnerDeletion = OptionalField<Bool>(
    "blockOwnerDeletion",
    description: "With foreground deletion, the owner stays until this object is gone.")

  package static let table = Table(
    "OwnerReference",
    description: "Names an object that owns this one, so that the garbage collector removes it with its owner.",
    OwnerReferenceFields())
}
package typealias OwnerReference = View<OwnerReferenceFields>

package struct ManagedFieldsEntryFields: FieldTable {
  package let manager = Field<String>("manager", description: "Who set the fields.")
  package let operation = Field<String>("operation", description: "Apply or Update.")
  package let apiVersion = Field<String>("apiVersion", description: "Version of the object the fields belong to.")
  package let time = OptionalField<Timestamp>("time", description: "When the entry was written last.")
  package let fieldsType = Field<String>("fieldsType", description: "Always FieldsV1.")
  package let fieldsV1 = OptionalField<JSON>("fieldsV1", description: "The set of fields, as a tree of their names.")
  package let subresource = Field<String>("subresource", description: "The subresource the write went through.")

  package static let table = Table(
    "ManagedFieldsEntry", description: "Which fields of the object a manager set, and when.", ManagedFieldsEntryFields()
  )
}
package typealias ManagedFieldsEntry = View<ManagedFieldsEntryFields>

package struct ObjectMetaFields: FieldTable {
  package let name = Field<String>("name", description: "Name of the object, unique within its kind and namespace.")
  package let generateName = Field<String>(
    "generateName", description: "Prefix from which the server makes a unique name when none is given.")
  package let namespace = Field<String>("namespace", description: "Namespace the object lives in.")
  package let selfLink = Field<String>("selfLink", description: "No longer filled.")
  package let uid = Field<String>("uid", description: "Unique over time and space; set by the server.")
  package let resourceVersion = Field<String>(
    "resourceVersion", description: "Opaque version of the object, for optimistic concurrency and watches.")
  package let generation = Field<Int>("generation", description: "Counts the changes of the desired state.")
  package let creationTimestamp = OptionalField<Timestamp>(
    "creationTimestamp", description: "When the server created the object.")
  package let deletionTimestamp = OptionalField<Timestamp>(
    "deletionTimestamp", description: "When the object is to be gone; set by the server once deletion was asked for.")
  package let deletionGracePeriodSeconds = OptionalField<Int>(
    "deletionGracePeriodSeconds", description: "Seconds the object gets to end by itself.")
  package let labels = MapField<String>("labels", description: "Words by which objects are selected.")
  package let annotations = MapField<String>("annotations", description: "Free data attached to the object.")
  package let ownerReferences = ListField<OwnerReference>(
    "ownerReferences", .merge(.map(["uid"])), description: "Objects that this object depends on.")
  package let finalizers = ListField<String>(
    "finalizers", .merge(.set), description: "Who must finish before the object is removed.")
  package let managedFields = ListField<ManagedFieldsEntry>(
    "managedFields", description: "Who set which fields.")

  package static let table = Table(
    "ObjectMeta", description: "What every stored object carries: its name, its identity, its labels.",
    ObjectMetaFields())
}
package typealias ObjectMeta = View<ObjectMetaFields>
