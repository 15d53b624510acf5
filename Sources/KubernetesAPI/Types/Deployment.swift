package struct DeploymentFields: KindFields {
  package let apiVersion = Field<String>("apiVersion", description: "Group and version of the object.")
  package let kind = Field<String>("kind", description: "Kind of the object.")
  package let metadata = Field<ObjectMeta>("metadata", description: "Name, namespace, labels and the like.")
  package let spec = Field<DeploymentSpec>("spec", description: "What is wanted.")
  package let status = Field<DeploymentStatus>("status", description: "What is there.")

  package static let table = Table(
    Kind(
      group: "apps", version: "v1", kind: "Deployment", plural: "deployments", shortNames: ["deploy"],
      categories: ["all"], subresources: ["scale", "status"]),
    description: "Keeps a number of equal pods running and replaces them step by step when their template changes.",
    DeploymentFields())
}
package typealias Deployment = View<DeploymentFields>

package struct DeploymentSpecFields: FieldTable {
  package let replicas = OptionalField<Int>("replicas", .default(1), description: "How many pods are wanted.")
  package let selector = Field<LabelSelector>(
    "selector", .required, .pointer, description: "Labels of the pods that are counted.")
  package let template = Field<PodTemplateSpec>("template", .required, description: "What pods are made from.")
  package let strategy = Field<DeploymentStrategy>(
    "strategy", .retainKeys, .default([:]), description: "How old pods are replaced by new ones.")
  package let minReadySeconds = Field<Int>(
    "minReadySeconds", description: "Seconds a new pod must be ready to count as available.")
  package let revisionHistoryLimit = OptionalField<Int>(
    "revisionHistoryLimit", .default(10), description: "How many old ReplicaSets are kept for a rollback.")
  package let paused = Field<Bool>("paused", description: "True stops the replacement.")
  package let progressDeadlineSeconds = OptionalField<Int>(
    "progressDeadlineSeconds", .default(600),
    description: "Seconds without progress after which the rollout has failed.")

  package static let table = Table(
    "DeploymentSpec", description: "What is wanted of a Deployment.",
    DeploymentSpecFields())
}
package typealias DeploymentSpec = View<DeploymentSpecFields>

package struct DeploymentStrategyFields: FieldTable {
  package let type = Field<DeploymentStrategyType>(
    "type", .default("RollingUpdate"), description: "RollingUpdate, or Recreate to end all old ones first.")
  package let rollingUpdate = OptionalField<RollingUpdateDeployment>(
    "rollingUpdate", description: "Settings of RollingUpdate.")

  package static let table = Table(
    "DeploymentStrategy", description: "How old pods are replaced by new ones.",
    DeploymentStrategyFields())
}
package typealias DeploymentStrategy = View<DeploymentStrategyFields>

package struct RollingUpdateDeploymentFields: FieldTable {
  package let maxUnavailable = OptionalField<IntOrString>(
    "maxUnavailable", description: "How many pods, or per cent of them, may be missing.")
  package let maxSurge = OptionalField<IntOrString>(
    "maxSurge", description: "How many pods, or per cent of them, may be there beyond the wanted number.")

  package static let table = Table(
    "RollingUpdateDeployment", description: "Settings of a rolling update.",
    RollingUpdateDeploymentFields())
}
package typealias RollingUpdateDeployment = View<RollingUpdateDeploymentFields>

package struct DeploymentStatusFields: FieldTable {
  package let observedGeneration = Field<Int>(
    "observedGeneration", description: "Generation that the status speaks of.")
  package let replicas = Field<Int>("replicas", description: "Pods that are there.")
  package let updatedReplicas = Field<Int>("updatedReplicas", description: "Pods of the present template.")
  package let readyReplicas = Field<Int>("readyReplicas", description: "Pods that are ready.")
  package let availableReplicas = Field<Int>("availableReplicas", description: "Pods that are ready long enough.")
  package let unavailableReplicas = Field<Int>("unavailableReplicas", description: "Pods that are still missing.")
  package let conditions = ListField<DeploymentCondition>(
    "conditions", .merge(.map(["type"])), description: "Whether it is available and makes progress.")
  package let collisionCount = OptionalField<Int>(
    "collisionCount", description: "How often the name of a new ReplicaSet was taken.")

  package static let table = Table(
    "DeploymentStatus", description: "What a Deployment has come to.",
    DeploymentStatusFields())
}
package typealias DeploymentStatus = View<DeploymentStatusFields>

package struct DeploymentConditionFields: FieldTable {
  package let type = Field<String>("type", .required, description: "Name of the aspect.")
  package let status = Field<ConditionStatus>("status", .required, description: "True, False or Unknown.")
  package let lastUpdateTime = OptionalField<Timestamp>("lastUpdateTime", description: "When it was looked at last.")
  package let lastTransitionTime = OptionalField<Timestamp>(
    "lastTransitionTime", description: "When the status changed last.")
  package let reason = Field<String>("reason", description: "One CamelCase word that says why.")
  package let message = Field<String>("message", description: "The reason in a sentence for people.")

  package static let table = Table(
    "DeploymentCondition", description: "One aspect of a Deployment's state.",
    DeploymentConditionFields())
}
package typealias DeploymentCondition = View<DeploymentConditionFields>
