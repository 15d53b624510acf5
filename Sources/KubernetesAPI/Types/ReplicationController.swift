package struct ReplicationControllerFields: KindFields {
  package let apiVersion = Field<String>("apiVersion", description: "Group and version of the object.")
  package let kind = Field<String>("kind", description: "Kind of the object.")
  package let metadata = Field<ObjectMeta>("metadata", description: "Name, namespace, labels and the like.")
  package let spec = Field<ReplicationControllerSpec>("spec", description: "What is wanted.")
  package let status = Field<ReplicationControllerStatus>("status", description: "What is there.")

  package static let table = Table(
    Kind(
      version: "v1", kind: "ReplicationController", plural: "replicationcontrollers", shortNames: ["rc"],
      categories: ["all"], subresources: ["scale", "status"]),
    description: "Keeps a number of equal pods running; a ReplicaSet does the same with richer selectors.",
    ReplicationControllerFields())
}
package typealias ReplicationController = View<ReplicationControllerFields>

package struct ReplicationControllerSpecFields: FieldTable {
  package let replicas = OptionalField<Int>("replicas", .default(1), description: "How many pods are wanted.")
  package let minReadySeconds = Field<Int>(
    "minReadySeconds", description: "Seconds a new pod must be ready to count as available.")
  package let selector = MapField<String>(
    "selector", description: "Labels of the pods that are counted; those of the template when empty.")
  package let template = OptionalField<PodTemplateSpec>("template", description: "What pods are made from.")

  package static let table = Table(
    "ReplicationControllerSpec", description: "What is wanted of a ReplicationController.",
    ReplicationControllerSpecFields())
}
package typealias ReplicationControllerSpec = View<ReplicationControllerSpecFields>

package struct ReplicationControllerStatusFields: FieldTable {
  package let replicas = Field<Int>("replicas", .required, .keepZero, description: "Pods that are there.")
  package let fullyLabeledReplicas = Field<Int>(
    "fullyLabeledReplicas", description: "Pods that have all labels of the template.")
  package let readyReplicas = Field<Int>("readyReplicas", description: "Pods that are ready.")
  package let availableReplicas = Field<Int>("availableReplicas", description: "Pods that are ready long enough.")
  package let observedGeneration = Field<Int>(
    "observedGeneration", description: "Generation that the status speaks of.")
  package let conditions = ListField<ReplicationControllerCondition>(
    "conditions", .merge(.map(["type"])), description: "What goes wrong.")

  package static let table = Table(
    "ReplicationControllerStatus", description: "What a ReplicationController has come to.",
    ReplicationControllerStatusFields())
}
package typealias ReplicationControllerStatus = View<ReplicationControllerStatusFields>

package struct ReplicationControllerConditionFields: FieldTable {
  package let type = Field<String>("type", .required, description: "Name of the aspect.")
  package let status = Field<ConditionStatus>("status", .required, description: "True, False or Unknown.")
  package let lastTransitionTime = OptionalField<Timestamp>(
    "lastTransitionTime", description: "When the status changed last.")
  package let reason = Field<String>("reason", description: "One CamelCase word that says why.")
  package let message = Field<String>("message", description: "The reason in a sentence for people.")

  package static let table = Table(
    "ReplicationControllerCondition", description: "One aspect of a ReplicationController's state.",
    ReplicationControllerConditionFields())
}
package typealias ReplicationControllerCondition = View<ReplicationControllerConditionFields>
