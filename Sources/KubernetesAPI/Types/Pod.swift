package struct PodFields: KindFields {
  package let apiVersion = Field<String>("apiVersion", description: "Group and version of the object.")
  package let kind = Field<String>("kind", description: "Kind of the object.")
  package let metadata = Field<ObjectMeta>("metadata", description: "Name, namespace, labels and the like.")
  package let spec = Field<PodSpec>("spec", description: "What is wanted of the pod.")
  package let status = Field<PodStatus>("status", description: "What the pod has come to; written by the node.")

  package static let table = Table(
    Kind(
      version: "v1", kind: "Pod", plural: "pods", shortNames: ["po"], categories: ["all"],
      subresources: [
        "attach", "binding", "ephemeralcontainers", "eviction", "exec", "log", "portforward", "proxy", "resize",
        "status", "timeline", "why",
      ]),
    description: "One or more containers that run together on one node and share an address.",
    PodFields())
}
package typealias Pod = View<PodFields>

package struct PodSpecFields: FieldTable {
  package let volumes = ListField<Volume>(
    "volumes", .merge(.map(["name"])), .retainKeys, description: "Volumes that containers of the pod can mount.")
  package let initContainers = ListField<Container>(
    "initContainers", .merge(.map(["name"])),
    description: "Containers that run one after another before the others start.")
  package let containers = ListField<Container>(
    "containers", .required, .merge(.map(["name"])), description: "The containers of the pod.")
  package let ephemeralContainers = ListField<EphemeralContainer>(
    "ephemeralContainers", .merge(.map(["name"])), description: "Containers added to a running pod for debugging.")
  package let restartPolicy = Field<RestartPolicy>(
    "restartPolicy", .default("Always"),
    description: "Whether containers that ended start again: Always, OnFailure or Never.")
  package let terminationGracePeriodSeconds = OptionalField<Int>(
    "terminationGracePeriodSeconds", .default(30), description: "Seconds between the signal to end and the kill.")
  package let activeDeadlineSeconds = OptionalField<Int>(
    "activeDeadlineSeconds", description: "Seconds after which the pod is ended and failed.")
  package let dnsPolicy = Field<DNSPolicy>(
    "dnsPolicy", .default("ClusterFirst"),
    description: "Where names are resolved: ClusterFirst, ClusterFirstWithHostNet, Default or None.")
  package let nodeSelector = MapField<String>(
    "nodeSelector", description: "Labels that a node must have for the pod to go there.")
  package let serviceAccountName = Field<String>(
    "serviceAccountName", description: "ServiceAccount that the pod acts as.")
  package let serviceAccount = Field<String>("serviceAccount", description: "Former name of serviceAccountName.")
  package let automountServiceAccountToken = OptionalField<Bool>(
    "automountServiceAccountToken", description: "False keeps the service account's token out of the containers.")
  package let nodeName = Field<String>("nodeName", description: "Node that the pod is bound to.")
  package let hostNetwork = Field<Bool>("hostNetwork", description: "True uses the node's own network.")
  package let hostPID = Field<Bool>("hostPID", description: "True uses the node's own process ids.")
  package let hostIPC = Field<Bool>("hostIPC", description: "True uses the node's own IPC objects.")
  package let shareProcessNamespace = OptionalField<Bool>(
    "shareProcessNamespace", description: "True lets the containers of the pod see each other's processes.")
  package let securityContext = OptionalField<PodSecurityContext>(
    "securityContext", .default([:]), description: "Identity and limits that hold for all containers.")
  package let imagePullSecrets = ListField<LocalObjectReference>(
    "imagePullSecrets", .merge(.map(["name"])), description: "Secrets with credentials for the registries.")
  package let hostname = Field<String>("hostname", description: "Host name inside the pod; the pod's name when absent.")
  package let subdomain = Field<String>(
    "subdomain", description: "Makes the full host name hostname.subdomain.namespace.svc.domain.")
  package let affinity = OptionalField<Affinity>(
    "affinity", description: "Which nodes and which neighbours the pod wants or avoids.")
  package let schedulerName = Field<String>(
    "schedulerName", .default("default-scheduler"), description: "Scheduler that chooses the node.")
  package let tolerations = ListField<Toleration>(
    "tolerations", description: "Taints of nodes that the pod puts up with.")
  package let hostAliases = ListField<HostAlias>(
    "hostAliases", .merge(.map(["ip"])), description: "Further lines for the pod's /etc/hosts.")
  package let priorityClassName = Field<String>(
    "priorityClassName", description: "PriorityClass that the priority comes from.")
  package let priority = OptionalField<Int>(
    "priority", description: "The higher, the earlier the pod is scheduled and the later it is evicted.")
  package let dnsConfig = OptionalField<PodDNSConfig>(
    "dnsConfig", description: "Resolver settings beside those of dnsPolicy.")
  package let readinessGates = ListField<PodReadinessGate>(
    "readinessGates", description: "Conditions that must hold too before the pod counts as ready.")
  package let runtimeClassName = OptionalField<String>(
    "runtimeClassName", description: "RuntimeClass that the pod is run with.")
  package let enableServiceLinks = OptionalField<Bool>(
    "enableServiceLinks",
    description: "Whether containers get environment variables for every Service; true when absent.")
  package let preemptionPolicy = OptionalField<PreemptionPolicy>(
    "preemptionPolicy", description: "Never keeps the pod from making room by evicting others.")
  package let overhead = MapField<Quantity>(
    "overhead", description: "Resources that the pod takes beside those of its containers.")
  package let topologySpreadConstraints = ListField<TopologySpreadConstraint>(
    "topologySpreadConstraints", .merge(.map(["topologyKey", "whenUnsatisfiable"])),
    description: "How pods spread over zones and nodes.")
  package let setHostnameAsFQDN = OptionalField<Bool>(
    "setHostnameAsFQDN", description: "True makes the full name the kernel's host name.")
  package let os = OptionalField<PodOS>("os", description: "Operating system that the containers need.")
  package let hostUsers = OptionalField<Bool>("hostUsers", description: "False gives the pod its own user namespace.")
  package let schedulingGates = ListField<PodSchedulingGate>(
    "schedulingGates", .merge(.map(["name"])), description: "While any is there the pod is not scheduled.")
  package let resourceClaims = ListField<PodResourceClaim>(
    "resourceClaims", .merge(.map(["name"])), .retainKeys, description: "Devices that the pod claims.")
  package let resources = OptionalField<ResourceRequirements>(
    "resources", description: "Resources of the pod as a whole.")

  package static let table = Table("PodSpec", description: "What is wanted of a pod.", PodSpecFields())
}
package typealias PodSpec = View<PodSpecFields>

package struct PodDNSConfigFields: FieldTable {
  package let nameservers = ListField<String>("nameservers", description: "Addresses of name servers.")
  package let searches = ListField<String>("searches", description: "Domains that short names are completed with.")
  package let options = ListField<PodDNSConfigOption>("options", description: "Options of the resolver.")

  package static let table = Table("PodDNSConfig", description: "Resolver settings of a pod.", PodDNSConfigFields())
}
package typealias PodDNSConfig = View<PodDNSConfigFields>

package struct PodDNSConfigOptionFields: FieldTable {
  package let name = Field<String>("name", description: "Name of the option, such as ndots.")
  package let value = OptionalField<String>("value", description: "Its value, if it has one.")

  package static let table = Table(
    "PodDNSConfigOption", description: "One option of the resolver.",
    PodDNSConfigOptionFields())
}
package typealias PodDNSConfigOption = View<PodDNSConfigOptionFields>

package struct HostAliasFields: FieldTable {
  package let ip = Field<String>("ip", .required, description: "The address.")
  package let hostnames = ListField<String>("hostnames", description: "Names of the address.")

  package static let table = Table("HostAlias", description: "One line of /etc/hosts.", HostAliasFields())
}
package typealias HostAlias = View<HostAliasFields>

package struct PodReadinessGateFields: FieldTable {
  package let conditionType = Field<String>(
    "conditionType", .required, description: "Type of the condition in the pod's status.")

  package static let table = Table(
    "PodReadinessGate", description: "A condition that must hold for a pod to count as ready.",
    PodReadinessGateFields())
}
package typealias PodReadinessGate = View<PodReadinessGateFields>

package struct PodOSFields: FieldTable {
  package let name = Field<String>("name", .required, description: "linux or windows.")

  package static let table = Table("PodOS", description: "Operating system of a pod.", PodOSFields())
}
package typealias PodOS = View<PodOSFields>

package struct PodSchedulingGateFields: FieldTable {
  package let name = Field<String>("name", .required, description: "Name of the gate.")

  package static let table = Table(
    "PodSchedulingGate", description: "Holds a pod back from scheduling.",
    PodSchedulingGateFields())
}
package typealias PodSchedulingGate = View<PodSchedulingGateFields>

package struct PodResourceClaimFields: FieldTable {
  package let name = Field<String>("name", .required, description: "Name that containers refer to.")
  package let resourceClaimName = OptionalField<String>(
    "resourceClaimName", description: "A ResourceClaim of the same namespace.")
  package let resourceClaimTemplateName = OptionalField<String>(
    "resourceClaimTemplateName", description: "A template that a ResourceClaim is made from for this pod.")

  package static let table = Table(
    "PodResourceClaim", description: "A claim on devices by a pod.",
    PodResourceClaimFields())
}
package typealias PodResourceClaim = View<PodResourceClaimFields>

package struct PodTemplateSpecFields: FieldTable {
  package let metadata = Field<ObjectMeta>("metadata", description: "Labels and annotations of the pods.")
  package let spec = Field<PodSpec>("spec", description: "What is wanted of the pods.")

  package static let table = Table("PodTemplateSpec", description: "What pods are made from.", PodTemplateSpecFields())
}
package typealias PodTemplateSpec = View<PodTemplateSpecFields>
