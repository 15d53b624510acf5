package struct AffinityFields: FieldTable {
  package let nodeAffinity = OptionalField<NodeAffinity>("nodeAffinity", description: "Wishes about nodes.")
  package let podAffinity = OptionalField<PodAffinity>("podAffinity", description: "Pods to be near to.")
  package let podAntiAffinity = OptionalField<PodAntiAffinity>(
    "podAntiAffinity", description: "Pods to keep away from.")

  package static let table = Table(
    "Affinity", description: "Which nodes and which neighbours a pod wants or avoids.",
    AffinityFields())
}
package typealias Affinity = View<AffinityFields>

package struct NodeAffinityFields: FieldTable {
  package let requiredDuringSchedulingIgnoredDuringExecution = OptionalField<NodeSelector>(
    "requiredDuringSchedulingIgnoredDuringExecution", description: "Must hold of the node at scheduling.")
  package let preferredDuringSchedulingIgnoredDuringExecution = ListField<PreferredSchedulingTerm>(
    "preferredDuringSchedulingIgnoredDuringExecution",
    description: "Nodes with the greatest sum of weights are preferred.")

  package static let table = Table("NodeAffinity", description: "Wishes about nodes.", NodeAffinityFields())
}
package typealias NodeAffinity = View<NodeAffinityFields>

package struct NodeSelectorFields: FieldTable {
  package let nodeSelectorTerms = ListField<NodeSelectorTerm>(
    "nodeSelectorTerms", .required, .keepZero, description: "The terms, of which one must hold.")

  package static let table = Table(
    "NodeSelector", description: "Nodes that fit any of the terms.",
    NodeSelectorFields())
}
package typealias NodeSelector = View<NodeSelectorFields>

package struct NodeSelectorTermFields: FieldTable {
  package let matchExpressions = ListField<NodeSelectorRequirement>(
    "matchExpressions", description: "Requirements on labels.")
  package let matchFields = ListField<NodeSelectorRequirement>(
    "matchFields", description: "Requirements on fields (metadata.name).")

  package static let table = Table(
    "NodeSelectorTerm", description: "Requirements that must all hold; an empty term fits no node.",
    NodeSelectorTermFields())
}
package typealias NodeSelectorTerm = View<NodeSelectorTermFields>

package struct NodeSelectorRequirementFields: FieldTable {
  package let key = Field<String>("key", .required, description: "Key of the label.")
  package let `operator` = Field<NodeSelectorOperator>(
    "operator", .required, description: "In, NotIn, Exists, DoesNotExist, Gt or Lt.")
  package let values = ListField<String>("values", description: "Values for the operator; one integer for Gt and Lt.")

  package static let table = Table(
    "NodeSelectorRequirement", description: "One requirement on a node's label or field.",
    NodeSelectorRequirementFields())
}
package typealias NodeSelectorRequirement = View<NodeSelectorRequirementFields>

package struct PreferredSchedulingTermFields: FieldTable {
  package let weight = Field<Int>("weight", .required, .keepZero, description: "1 to 100.")
  package let preference = Field<NodeSelectorTerm>("preference", .required, description: "What the node should fulfil.")

  package static let table = Table(
    "PreferredSchedulingTerm", description: "A wish about nodes with a weight.",
    PreferredSchedulingTermFields())
}
package typealias PreferredSchedulingTerm = View<PreferredSchedulingTermFields>

package struct PodAffinityFields: FieldTable {
  package let requiredDuringSchedulingIgnoredDuringExecution = ListField<PodAffinityTerm>(
    "requiredDuringSchedulingIgnoredDuringExecution", description: "Must all hold at scheduling.")
  package let preferredDuringSchedulingIgnoredDuringExecution = ListField<WeightedPodAffinityTerm>(
    "preferredDuringSchedulingIgnoredDuringExecution",
    description: "Nodes with the greatest sum of weights are preferred.")

  package static let table = Table("PodAffinity", description: "Pods to be near to.", PodAffinityFields())
}
package typealias PodAffinity = View<PodAffinityFields>

package struct PodAntiAffinityFields: FieldTable {
  package let requiredDuringSchedulingIgnoredDuringExecution = ListField<PodAffinityTerm>(
    "requiredDuringSchedulingIgnoredDuringExecution", description: "Must all hold at scheduling.")
  package let preferredDuringSchedulingIgnoredDuringExecution = ListField<WeightedPodAffinityTerm>(
    "preferredDuringSchedulingIgnoredDuringExecution",
    description: "Nodes with the smallest sum of weights are preferred.")

  package static let table = Table("PodAntiAffinity", description: "Pods to keep away from.", PodAntiAffinityFields())
}
package typealias PodAntiAffinity = View<PodAntiAffinityFields>

package struct WeightedPodAffinityTermFields: FieldTable {
  package let weight = Field<Int>("weight", .required, .keepZero, description: "1 to 100.")
  package let podAffinityTerm = Field<PodAffinityTerm>("podAffinityTerm", .required, description: "The wish.")

  package static let table = Table(
    "WeightedPodAffinityTerm", description: "A wish about neighbours with a weight.",
    WeightedPodAffinityTermFields())
}
package typealias WeightedPodAffinityTerm = View<WeightedPodAffinityTermFields>

package struct PodAffinityTermFields: FieldTable {
  package let labelSelector = OptionalField<LabelSelector>("labelSelector", description: "Labels of the pods.")
  package let namespaces = ListField<String>(
    "namespaces",
    description: "Namespaces of the pods; the pod's own when neither this nor namespaceSelector is there.")
  package let topologyKey = Field<String>(
    "topologyKey", .required, description: "Nodes with the same value of this label are near.")
  package let namespaceSelector = OptionalField<LabelSelector>(
    "namespaceSelector", description: "Namespaces of the pods, by their labels.")
  package let matchLabelKeys = ListField<String>(
    "matchLabelKeys", description: "Labels whose value in the new pod the others must have too.")
  package let mismatchLabelKeys = ListField<String>(
    "mismatchLabelKeys", description: "Labels whose value in the new pod the others must not have.")

  package static let table = Table(
    "PodAffinityTerm", description: "A group of pods and what near means.",
    PodAffinityTermFields())
}
package typealias PodAffinityTerm = View<PodAffinityTermFields>

package struct TolerationFields: FieldTable {
  package let key = Field<String>("key", description: "Key of the taint; empty with Exists for all.")
  package let `operator` = Field<TolerationOperator>("operator", description: "Equal, or Exists for any value.")
  package let value = Field<String>("value", description: "Value of the taint.")
  package let effect = OptionalField<TaintEffect>("effect", description: "Effect of the taint; absent for all.")
  package let tolerationSeconds = OptionalField<Int>(
    "tolerationSeconds", description: "Seconds a NoExecute taint is put up with; absent for ever.")

  package static let table = Table(
    "Toleration", description: "A kind of taint that a pod puts up with.",
    TolerationFields())
}
package typealias Toleration = View<TolerationFields>

package struct TopologySpreadConstraintFields: FieldTable {
  package let maxSkew = Field<Int>(
    "maxSkew", .required, .keepZero, description: "Greatest difference between the fullest and the emptiest domain.")
  package let topologyKey = Field<String>(
    "topologyKey", .required, description: "Nodes with the same value of this label are one domain.")
  package let whenUnsatisfiable = Field<UnsatisfiableConstraintAction>(
    "whenUnsatisfiable", .required, description: "DoNotSchedule or ScheduleAnyway.")
  package let labelSelector = OptionalField<LabelSelector>("labelSelector", description: "Pods that are counted.")
  package let minDomains = OptionalField<Int>("minDomains", description: "With fewer domains the emptiest counts as 0.")
  package let nodeAffinityPolicy = OptionalField<NodeInclusionPolicy>(
    "nodeAffinityPolicy", description: "Whether nodes that the pod's affinity excludes are counted.")
  package let nodeTaintsPolicy = OptionalField<NodeInclusionPolicy>(
    "nodeTaintsPolicy", description: "Whether nodes with taints that the pod does not tolerate are counted.")
  package let matchLabelKeys = ListField<String>(
    "matchLabelKeys", description: "Labels whose value in the new pod the counted ones must have.")

  package static let table = Table(
    "TopologySpreadConstraint", description: "How pods spread over zones and nodes.",
    TopologySpreadConstraintFields())
}
package typealias TopologySpreadConstraint = View<TopologySpreadConstraintFields>
