package struct LabelSelectorFields: FieldTable {
  package let matchLabels = MapField<String>(
    "matchLabels", description: "Labels that must be there with exactly these values.")
  package let matchExpressions = ListField<LabelSelectorRequirement>(
    "matchExpressions", description: "Further requirements on labels.")

  package static let table = Table(
    "LabelSelector", description: "Selects objects by their labels; empty selects all of them, absent selects none.",
    LabelSelectorFields())
}
package typealias LabelSelector = View<LabelSelectorFields>

package struct LabelSelectorRequirementFields: FieldTable {
  package let key = Field<String>("key", .required, description: "Label key that is looked at.")
  package let `operator` = Field<LabelSelectorOperator>(
    "operator", .required, description: "In, NotIn, Exists or DoesNotExist.")
  package let values = ListField<String>(
    "values", description: "Values for In and NotIn; empty for Exists and DoesNotExist.")

  package static let table = Table(
    "LabelSelectorRequirement",
    description: "One requirement on a label: a key, an operator and the values it works with.",
    LabelSelectorRequirementFields())
}
package typealias LabelSelectorRequirement = View<LabelSelectorRequirementFields>
