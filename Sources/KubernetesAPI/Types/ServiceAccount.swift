package struct ServiceAccountFields: KindFields {
  package let apiVersion = Field<String>("apiVersion", description: "Group and version of the object.")
  package let kind = Field<String>("kind", description: "Kind of the object.")
  package let metadata = Field<ObjectMeta>("metadata", description: "Name, namespace, labels and the like.")
  package let secrets = ListField<ObjectReference>(
    "secrets", .merge(.map(["name"])), description: "Secrets that pods of the account may use.")
  package let imagePullSecrets = ListField<LocalObjectReference>(
    "imagePullSecrets", description: "Secrets with credentials for the registries.")
  package let automountServiceAccountToken = OptionalField<Bool>(
    "automountServiceAccountToken", description: "False keeps the token out of pods.")

  package static let table = Table(
    Kind(version: "v1", kind: "ServiceAccount", plural: "serviceaccounts", shortNames: ["sa"], subresources: ["token"]),
    description: "An identity for programs that run in pods.",
    ServiceAccountFields())
}
package typealias ServiceAccount = View<ServiceAccountFields>
