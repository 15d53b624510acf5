package struct ReplicaSetFields: KindFields {
  package let apiVersion = Field<String>("apiVersion", description: "Group and version of the object.")
  package let kind = Field<String>("kind", description: "Kind of the object.")
  package let metadata = Field<ObjectMeta>("metadata", description: "Name, namespace, labels and the like.")
  package let spec = Field<ReplicaSetSpec>("spec", description: "What is wanted.")
  package let status = Field<ReplicaSetStatus>("status", description: "What is there.")

  package static let table = Table(
    Kind(
      group: "apps", version: "v1", kind: "ReplicaSet", plural: "replicasets", shortNames: ["rs"],
      categories: ["all"], subresources: ["scale", "status"]),
    description: "Keeps a number of equal pods running.",
    ReplicaSetFields())
}
package typealias ReplicaSet = View<ReplicaSetFields>

package struct ReplicaSetSpecFields: FieldTable {
  package let replicas = OptionalField<Int>("replicas", .default(1), description: "How many pods are wanted.")
  package let minReadySeconds = Field<Int>(
    "minReadySeconds", description: "Seconds a new pod must be ready to count as available.")
  package let selector = Field<LabelSelector>(
    "selector", .required, .pointer, description: "Labels of the pods that are counted.")
  package let template = Field<PodTemplateSpec>("template", description: "What pods are made from.")

  package static let table = Table(
    "ReplicaSetSpec", description: "What is wanted of a ReplicaSet.",
    ReplicaSetSpecFields())
}
package typealias ReplicaSetSpec = View<ReplicaSetSpecFields>

package struct ReplicaSetStatusFields: FieldTable {
  package let replicas = Field<Int>("replicas", .required, .keepZero, description: "Pods that are there.")
  package let fullyLabeledReplicas = Field<Int>(
    "fullyLabeledReplicas", description: "Pods that have all labels of the template.")
  package let readyReplicas = Field<Int>("readyReplicas", description: "Pods that are ready.")
  package let availableReplicas = Field<Int>("availableReplicas", description: "Pods that are ready long enough.")
  package let observedGeneration = Field<Int>(
    "observedGeneration", description: "Generation that the status speaks of.")
  package let conditions = ListField<ReplicaSetCondition>(
    "conditions", .merge(.map(["type"])), description: "What goes wrong.")

  package static let table = Table(
    "ReplicaSetStatus", description: "What a ReplicaSet has come to.",
    ReplicaSetStatusFields())
}
package typealias ReplicaSetStatus = View<ReplicaSetStatusFields>

package struct ReplicaSetConditionFields: FieldTable {
  package let type = Field<String>("type", .required, description: "Name of the aspect.")
  package let status = Field<ConditionStatus>("status", .required, description: "True, False or Unknown.")
  package let lastTransitionTime = OptionalField<Timestamp>(
    "lastTransitionTime", description: "When the status changed last.")
  package let reason = Field<String>("reason", description: "One CamelCase word that says why.")
  package let message = Field<String>("message", description: "The reason in a sentence for people.")

  package static let table = Table(
    "ReplicaSetCondition", description: "One aspect of a ReplicaSet's state.",
    ReplicaSetConditionFields())
}
package typealias ReplicaSetCondition = View<ReplicaSetConditionFields>
