package struct LeaseFields: KindFields {
  package let apiVersion = Field<String>("apiVersion", description: "Group and version of the object.")
  package let kind = Field<String>("kind", description: "Kind of the object.")
  package let metadata = Field<ObjectMeta>("metadata", description: "Name, namespace, labels and the like.")
  package let spec = Field<LeaseSpec>("spec", description: "The lease.")

  package static let table = Table(
    Kind(group: "coordination.k8s.io", version: "v1", kind: "Lease", plural: "leases"),
    description: "A lock with an end, by which nodes and leaders say that they live.",
    LeaseFields())
}
package typealias Lease = View<LeaseFields>

package struct LeaseSpecFields: FieldTable {
  package let holderIdentity = OptionalField<String>("holderIdentity", description: "Who holds it.")
  package let leaseDurationSeconds = OptionalField<Int>(
    "leaseDurationSeconds", description: "Seconds after renewTime for which it holds.")
  package let acquireTime = OptionalField<MicroTimestamp>("acquireTime", description: "When the holder took it.")
  package let renewTime = OptionalField<MicroTimestamp>("renewTime", description: "When the holder renewed it last.")
  package let leaseTransitions = OptionalField<Int>("leaseTransitions", description: "How often it changed hands.")
  package let strategy = OptionalField<String>("strategy", description: "How the next holder is chosen.")
  package let preferredHolder = OptionalField<String>("preferredHolder", description: "Who should take it next.")

  package static let table = Table("LeaseSpec", description: "Who holds a lease until when.", LeaseSpecFields())
}
package typealias LeaseSpec = View<LeaseSpecFields>
