package struct PreconditionsFields: FieldTable {
  package let uid = OptionalField<String>("uid", description: "The object must have this UID.")
  package let resourceVersion = OptionalField<String>(
    "resourceVersion", description: "The object must have this version.")

  package static let table = Table(
    "Preconditions", description: "What must hold of an object for a deletion to go ahead.",
    PreconditionsFields())
}
package typealias Preconditions = View<PreconditionsFields>

package struct DeleteOptionsFields: FieldTable {
  package let apiVersion = Field<String>("apiVersion", description: "Version of this object.")
  package let kind = Field<String>("kind", description: "Kind of this object.")
  package let gracePeriodSeconds = OptionalField<Int>(
    "gracePeriodSeconds", description: "Seconds the object gets to end by itself; 0 deletes at once.")
  package let preconditions = OptionalField<Preconditions>(
    "preconditions", description: "What must hold for the deletion to go ahead.")
  package let orphanDependents = OptionalField<Bool>(
    "orphanDependents", description: "Former way to ask for orphans; use propagationPolicy.")
  package let propagationPolicy = OptionalField<String>(
    "propagationPolicy", description: "What becomes of dependents: Orphan, Background or Foreground.")
  package let dryRun = ListField<String>("dryRun", description: "All: check everything, change nothing.")
  package let ignoreStoreReadErrorWithClusterBreakingPotential = OptionalField<Bool>(
    "ignoreStoreReadErrorWithClusterBreakingPotential",
    description: "Deletes an object that cannot be read from the store any more, without its finalizers.")

  package static let table = Table(
    "DeleteOptions", description: "How an object is to be deleted.",
    DeleteOptionsFields())
}

package struct StatusFields: FieldTable {
  package let apiVersion = Field<String>("apiVersion", description: "Version of this object.")
  package let kind = Field<String>("kind", description: "Kind of this object.")
  package let metadata = Field<ListMeta>("metadata", description: "List metadata.")
  package let status = Field<String>("status", description: "Success or Failure.")
  package let message = Field<String>("message", description: "What happened, for people.")
  package let reason = Field<String>("reason", description: "What happened, as one word for programs.")
  package let details = OptionalField<StatusDetails>("details", description: "More about what happened.")
  package let code = Field<Int>("code", description: "HTTP status code of the answer.")

  package static let table = Table(
    "Status", description: "What a request came to when it did not return an object.",
    StatusFields())
}

package struct StatusDetailsFields: FieldTable {
  package let name = Field<String>("name", description: "Name of the object.")
  package let group = Field<String>("group", description: "Group of the object.")
  package let kind = Field<String>("kind", description: "Kind or resource of the object.")
  package let uid = Field<String>("uid", description: "UID of the object.")
  package let causes = ListField<StatusCause>("causes", description: "Each thing that was wrong.")
  package let retryAfterSeconds = Field<Int>("retryAfterSeconds", description: "Seconds to wait before trying again.")

  package static let table = Table("StatusDetails", description: "What a Status speaks of.", StatusDetailsFields())
}
package typealias StatusDetails = View<StatusDetailsFields>

package struct StatusCauseFields: FieldTable {
  package let reason = Field<String>("reason", description: "What was wrong, as one word.")
  package let message = Field<String>("message", description: "What was wrong, for people.")
  package let field = Field<String>(
    "field", description: "The field that it concerns, such as spec.containers[0].name.")

  package static let table = Table(
    "StatusCause", description: "One thing that was wrong with a request.",
    StatusCauseFields())
}
package typealias StatusCause = View<StatusCauseFields>
