package struct ConditionFields: FieldTable {
  package let type = Field<String>("type", .required, description: "Name of the aspect, in CamelCase.")
  package let status = Field<ConditionStatus>("status", .required, description: "True, False or Unknown.")
  package let observedGeneration = Field<Int>(
    "observedGeneration", description: "Generation of the object that the condition speaks of.")
  package let lastTransitionTime = OptionalField<Timestamp>(
    "lastTransitionTime", .required, description: "When the status changed last.")
  package let reason = Field<String>("reason", .required, description: "One CamelCase word that says why.")
  package let message = Field<String>("message", .required, description: "The reason in a sentence for people.")

  package static let table = Table(
    "Condition", description: "One aspect of an object's state, in the form that all newer kinds share.",
    ConditionFields())
}
package typealias Condition = View<ConditionFields>
